{#- Day of the week, 1 = Monday to 7 = Sunday. -#}
{% macro iso_weekday(day) %}
  {{ return(adapter.dispatch('iso_weekday', 'demand_forecast')(day)) }}
{% endmacro %}

{% macro duckdb__iso_weekday(day) %}
  {{ return("cast(isodow(" ~ day ~ ") as integer)") }}
{% endmacro %}

{% macro default__iso_weekday(day) %}
  {{ demand_forecast.unsupported_adapter('iso_weekday') }}
{% endmacro %}
