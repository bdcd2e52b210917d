{#- The Sunday that a day is, or the one before it. -#}
{% macro latest_sunday(day) %}
  {{ return(demand_forecast.add_days(day, '-(' ~ demand_forecast.iso_weekday(day) ~ ' % 7)')) }}
{% endmacro %}
