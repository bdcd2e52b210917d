{#- A column of integers from first to last, both included. A cast around it would be one too many for Spark. -#}
{% macro number_series(first, last) %}
  {{ return(adapter.dispatch('number_series', 'demand_forecast')(first, last)) }}
{% endmacro %}

{% macro duckdb__number_series(first, last) %}
  {{ return("cast(unnest(generate_series(" ~ first ~ ", " ~ last ~ ")) as integer)") }}
{% endmacro %}

{% macro default__number_series(first, last) %}
  {{ demand_forecast.unsupported_adapter('number_series') }}
{% endmacro %}
