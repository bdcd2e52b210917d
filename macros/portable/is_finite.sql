{#- True for a number that is neither NaN nor infinite. -#}
{% macro is_finite(column) %}
  {{ return(adapter.dispatch('is_finite', 'demand_forecast')(column)) }}
{% endmacro %}

{% macro duckdb__is_finite(column) %}
  {{ return("isfinite(" ~ column ~ ")") }}
{% endmacro %}

{% macro default__is_finite(column) %}
  {{ demand_forecast.unsupported_adapter('is_finite') }}
{% endmacro %}
