{#- A 63-bit hash of several columns; null and empty text differ. -#}
{% macro row_hash(columns) %}
  {{ return(adapter.dispatch('row_hash', 'demand_forecast')(columns)) }}
{% endmacro %}

{% macro duckdb__row_hash(columns) %}
  {{ return("cast(hash(" ~ columns | join(", ") ~ ") >> 1 as bigint)") }}
{% endmacro %}

{% macro default__row_hash(columns) %}
  {{ demand_forecast.unsupported_adapter('row_hash') }}
{% endmacro %}
