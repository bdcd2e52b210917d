{#- The horizons in days, ascending, validated. -#}
{% macro horizons() %}
  {%- set longest = demand_forecast.setting('max_horizon_days') -%}
  {%- set found = var('horizons') -%}
  {%- if found is string or found is not sequence or not found -%}
    {{ demand_forecast.refuse("var `horizons` is " ~ demand_forecast.shown_value(found) ~ "; it takes a list of days such as [1, 7, 30]") }}
  {%- endif -%}
  {%- for days in found -%}
    {%- if days is not integer or days is boolean or not (1 <= days <= longest) -%}
      {{ demand_forecast.refuse("var `horizons` holds " ~ demand_forecast.shown_value(days) ~ "; each takes a whole number from 1 to max_horizon_days (" ~ longest ~ "), without quotes") }}
    {%- endif -%}
  {%- endfor -%}
  {{ return(found | unique | sort) }}
{% endmacro %}
