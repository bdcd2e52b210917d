{#- A list of expressions, cast to an item type. -#}
{% macro list_of(expressions, type) %}
  {{ return(adapter.dispatch('list_of', 'demand_forecast')(expressions, type)) }}
{% endmacro %}

{% macro duckdb__list_of(expressions, type) %}
  {{ return("cast([" ~ expressions | join(", ") ~ "] as " ~ type ~ "[])") }}
{% endmacro %}

{% macro default__list_of(expressions, type) %}
  {{ demand_forecast.unsupported_adapter('list_of') }}
{% endmacro %}
