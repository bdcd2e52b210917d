{#- A column of whole numbers from first to last, both included. -#}
{% macro number_series(first, last) %}
  {{ return(adapter.dispatch('number_series', 'demand_forecast')(first, last)) }}
{% endmacro %}

{% macro duckdb__number_series(first, last) %}
  {{ return("unnest(generate_series(" ~ first ~ ", " ~ last ~ "))") }}
{% endmacro %}

{% macro default__number_series(first, last) %}
  {{ demand_forecast.unsupported_adapter('number_series') }}
{% endmacro %}
