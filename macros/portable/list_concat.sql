{#- Two lists, one after the other; a null list counts as empty. -#}
{% macro list_concat(first, second) %}
  {{ return(adapter.dispatch('list_concat', 'demand_forecast')(first, second)) }}
{% endmacro %}

{% macro duckdb__list_concat(first, second) %}
  {{ return("list_concat(" ~ first ~ ", " ~ second ~ ")") }}
{% endmacro %}

{% macro default__list_concat(first, second) %}
  {{ demand_forecast.unsupported_adapter('list_concat') }}
{% endmacro %}
