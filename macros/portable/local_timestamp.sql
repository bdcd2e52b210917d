{#- A UTC timestamp as the wall time of a zone. -#}
{% macro local_timestamp(column, zone) %}
  {{ return(adapter.dispatch('local_timestamp', 'demand_forecast')(column, zone)) }}
{% endmacro %}

{% macro duckdb__local_timestamp(column, zone) %}
  {{ return(column if zone == 'UTC' else "timezone('" ~ zone ~ "', timezone('UTC', " ~ column ~ "))") }}
{% endmacro %}

{% macro default__local_timestamp(column, zone) %}
  {{ demand_forecast.unsupported_adapter('local_timestamp') }}
{% endmacro %}
