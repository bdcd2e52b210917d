{#- Whole days from one date to a later one. -#}
{% macro days_between(earlier, later) %}
  {{ return(adapter.dispatch('days_between', 'demand_forecast')(earlier, later)) }}
{% endmacro %}

{% macro duckdb__days_between(earlier, later) %}
  {{ return("(" ~ later ~ " - " ~ earlier ~ ")") }}
{% endmacro %}

{% macro default__days_between(earlier, later) %}
  {{ demand_forecast.unsupported_adapter('days_between') }}
{% endmacro %}
