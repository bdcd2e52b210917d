{#- A time zone name as engines spell it, for instance UTC or Europe/Berlin. Returns it. -#}
{% macro check_time_zone(value, what) %}
  {%- if value is not string or not modules.re.match('^[A-Za-z][A-Za-z0-9_+/-]{0,62}$', value) -%}
    {{ demand_forecast.refuse(what ~ " is `" ~ value ~ "`, which is not a time zone name such as UTC or Europe/Berlin") }}
  {%- endif -%}
  {{ return(value) }}
{% endmacro %}
