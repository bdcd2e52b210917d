{#- True for a raw value of any type that is neither null nor empty text. -#}
{% macro is_filled(column) %}
  {{ return(adapter.dispatch('is_filled', 'demand_forecast')(column)) }}
{% endmacro %}

{% macro duckdb__is_filled(column) %}
  {{ return("(" ~ column ~ " is not null and (typeof(" ~ column ~ ") <> 'VARCHAR' or trim(cast(" ~ column ~ " as varchar)) <> ''))") }}
{% endmacro %}

{% macro default__is_filled(column) %}
  {{ demand_forecast.unsupported_adapter('is_filled') }}
{% endmacro %}
