{#- The first `count` items of a list. -#}
{% macro list_start(items, count) %}
  {{ return(adapter.dispatch('list_start', 'demand_forecast')(items, count)) }}
{% endmacro %}

{% macro duckdb__list_start(items, count) %}
  {{ return("list_slice(" ~ items ~ ", 1, " ~ count ~ ")") }}
{% endmacro %}

{% macro default__list_start(items, count) %}
  {{ demand_forecast.unsupported_adapter('list_start') }}
{% endmacro %}
