{#- The name of a time zone, for instance UTC or Europe/Berlin. Returns it. -#}
{% macro check_time_zone(value, what) %}
  {%- if value not in modules.pytz.all_timezones -%}
    {{ demand_forecast.refuse(what ~ " is `" ~ value ~ "`, which is not a time zone name such as UTC or Europe/Berlin") }}
  {%- endif -%}
  {{ return(value) }}
{% endmacro %}
