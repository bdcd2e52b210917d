{#- A column of dates from first to last, both included; none where either is null. A cast around it would be one too many for Spark. -#}
{% macro date_series(first, last) %}
  {{ return(adapter.dispatch('date_series', 'demand_forecast')(first, last)) }}
{% endmacro %}

{% macro duckdb__date_series(first, last) %}
  {{ return("cast(unnest(generate_series(" ~ first ~ ", " ~ last ~ ", interval 1 day)) as date)") }}
{% endmacro %}

{% macro default__date_series(first, last) %}
  {{ demand_forecast.unsupported_adapter('date_series') }}
{% endmacro %}
