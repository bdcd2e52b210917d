{#- Stops compilation on an engine that a portable macro does not know. -#}
{% macro unsupported_adapter(macro_name) %}
  {{ demand_forecast.refuse("the adapter `" ~ adapter.type() ~ "` is not supported (" ~ macro_name ~ "); supported adapters: duckdb") }}
{% endmacro %}
