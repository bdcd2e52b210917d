{#- The sum of a list of numbers. -#}
{% macro list_total(items) %}
  {{ return(adapter.dispatch('list_total', 'demand_forecast')(items)) }}
{% endmacro %}

{% macro duckdb__list_total(items) %}
  {{ return("list_sum(" ~ items ~ ")") }}
{% endmacro %}

{% macro default__list_total(items) %}
  {{ demand_forecast.unsupported_adapter('list_total') }}
{% endmacro %}
