{#- Hour of the day of a timestamp, 0 to 23. -#}
{% macro hour_of_day(moment) %}
  {{ return(adapter.dispatch('hour_of_day', 'demand_forecast')(moment)) }}
{% endmacro %}

{% macro duckdb__hour_of_day(moment) %}
  {{ return("cast(extract(hour from " ~ moment ~ ") as integer)") }}
{% endmacro %}

{% macro default__hour_of_day(moment) %}
  {{ demand_forecast.unsupported_adapter('hour_of_day') }}
{% endmacro %}
