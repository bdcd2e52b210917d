{#- "Now", as a whole day: the run's start, unless a var fixes it. -#}
{% macro run_date() %}
  {{ return("cast('" ~ (demand_forecast.setting('run_date') or run_started_at.strftime('%Y-%m-%d')) ~ "' as date)") }}
{% endmacro %}
