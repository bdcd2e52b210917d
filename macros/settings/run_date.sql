{#- "Now", as a whole day of the shop: the run's start, unless a var fixes it. -#}
{% macro run_date() %}
  {%- set zone = modules.pytz.timezone(demand_forecast.setting('time_zone')) -%}
  {{ return("cast('" ~ (demand_forecast.setting('run_date') or run_started_at.astimezone(zone).strftime('%Y-%m-%d')) ~ "' as date)") }}
{% endmacro %}
