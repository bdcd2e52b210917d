{#- A stable bucket from 0 to buckets - 1 for a key. -#}
{% macro hash_bucket(column, buckets) %}
  {{ return(adapter.dispatch('hash_bucket', 'demand_forecast')(column, buckets)) }}
{% endmacro %}

{% macro duckdb__hash_bucket(column, buckets) %}
  {{ return("cast(hash(" ~ column ~ ") % " ~ buckets ~ " as integer)") }}
{% endmacro %}

{% macro default__hash_bucket(column, buckets) %}
  {{ demand_forecast.unsupported_adapter('hash_bucket') }}
{% endmacro %}
