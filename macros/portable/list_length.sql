{#- How many items a list holds. -#}
{% macro list_length(items) %}
  {{ return(adapter.dispatch('list_length', 'demand_forecast')(items)) }}
{% endmacro %}

{% macro duckdb__list_length(items) %}
  {{ return("len(" ~ items ~ ")") }}
{% endmacro %}

{% macro default__list_length(items) %}
  {{ demand_forecast.unsupported_adapter('list_length') }}
{% endmacro %}
