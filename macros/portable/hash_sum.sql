{#- An exact sum of row hashes: independent of the order of rows, and two equal rows do not cancel out. -#}
{% macro hash_sum(column) %}
  {{ return(adapter.dispatch('hash_sum', 'demand_forecast')(column)) }}
{% endmacro %}

{% macro duckdb__hash_sum(column) %}
  {{ return("cast(sum(" ~ column ~ ") as decimal(38, 0))") }}
{% endmacro %}

{% macro default__hash_sum(column) %}
  {{ demand_forecast.unsupported_adapter('hash_sum') }}
{% endmacro %}
