{#- A list without items. -#}
{% macro empty_list() %}
  {{ return(adapter.dispatch('empty_list', 'demand_forecast')()) }}
{% endmacro %}

{% macro duckdb__empty_list() %}
  {{ return("[]") }}
{% endmacro %}

{% macro default__empty_list() %}
  {{ demand_forecast.unsupported_adapter('empty_list') }}
{% endmacro %}
