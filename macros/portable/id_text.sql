{#- An id as text: a whole number of any type (below 1e15, beyond which a double has lost digits) as its digits alone, so that 12 and 12.0
    are one customer. -#}
{% macro id_text(column) %}
  {{ return(adapter.dispatch('id_text', 'demand_forecast')(column)) }}
{% endmacro %}

{% macro duckdb__id_text(column) %}
  {{ return("case when (typeof(" ~ column ~ ") in ('DOUBLE', 'FLOAT') or typeof(" ~ column ~ ") like 'DECIMAL%') and abs(try_cast(" ~ column
      ~ " as double)) < 1e15 and try_cast(" ~ column ~ " as double) = floor(try_cast(" ~ column ~ " as double)) then cast(try_cast("
      ~ column ~ " as bigint) as varchar) else cast(" ~ column ~ " as varchar) end") }}
{% endmacro %}

{% macro default__id_text(column) %}
  {{ demand_forecast.unsupported_adapter('id_text') }}
{% endmacro %}
