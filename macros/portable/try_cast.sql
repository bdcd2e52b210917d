{#- A value cast to a type; null where it does not parse. -#}
{% macro try_cast(expression, type) %}
  {{ return(adapter.dispatch('try_cast', 'demand_forecast')(expression, type)) }}
{% endmacro %}

{% macro duckdb__try_cast(expression, type) %}
  {{ return("try_cast(" ~ expression ~ " as " ~ type ~ ")") }}
{% endmacro %}

{% macro default__try_cast(expression, type) %}
  {{ demand_forecast.unsupported_adapter('try_cast') }}
{% endmacro %}
