{#- The item at a position, counted from 1. -#}
{% macro list_item(items, position) %}
  {{ return(adapter.dispatch('list_item', 'demand_forecast')(items, position)) }}
{% endmacro %}

{% macro duckdb__list_item(items, position) %}
  {{ return("list_extract(" ~ items ~ ", " ~ position ~ ")") }}
{% endmacro %}

{% macro default__list_item(items, position) %}
  {{ demand_forecast.unsupported_adapter('list_item') }}
{% endmacro %}
