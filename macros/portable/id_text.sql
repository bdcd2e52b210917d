{#- An id as text: a whole number of any type as its digits alone, so that 12 and 12.0 are one customer. -#}
{% macro id_text(column) %}
  {{ return(adapter.dispatch('id_text', 'demand_forecast')(column)) }}
{% endmacro %}

{% macro duckdb__id_text(column) %}
  {{ return("case when typeof(" ~ column ~ ") in ('DOUBLE', 'FLOAT') or typeof(" ~ column ~ ") like 'DECIMAL%' then regexp_replace(cast("
      ~ column ~ " as varchar), '[.]0+$', '') else cast(" ~ column ~ " as varchar) end") }}
{% endmacro %}

{% macro default__id_text(column) %}
  {{ demand_forecast.unsupported_adapter('id_text') }}
{% endmacro %}
