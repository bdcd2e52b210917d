{#- A date moved by whole days. -#}
{% macro add_days(day, days) %}
  {{ return(adapter.dispatch('add_days', 'demand_forecast')(day, days)) }}
{% endmacro %}

{% macro duckdb__add_days(day, days) %}
  {{ return("cast(" ~ day ~ " + " ~ days ~ " as date)") }}
{% endmacro %}

{% macro default__add_days(day, days) %}
  {{ demand_forecast.unsupported_adapter('add_days') }}
{% endmacro %}
