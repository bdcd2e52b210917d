{#- The service levels of var `service_level`, validated: {default, by_category}. One number is for every product; a mapping holds
    one for each named category and `default` for the others. The levels that can be asked for are those between the cumulative quantiles. -#}
{% macro service_levels() %}
  {%- set known = demand_forecast.product_quantiles().cumulative -%}
  {%- set lowest, highest = known[0][1], known[-1][1] -%}
  {%- set value = var('service_level') -%}
  {%- set levels = dict(value) if value is mapping else {'default': value} -%}
  {%- if 'default' not in levels -%}
    {{ demand_forecast.refuse("var `service_level` has no `default`; it takes a number such as 0.95, or {default: 0.95, my_category: 0.98}") }}
  {%- endif -%}
  {%- for name, level in levels.items() -%}
    {%- if level is not number or level is boolean or not (lowest <= level <= highest) -%}
      {{ demand_forecast.refuse("var `service_level` holds " ~ demand_forecast.shown_value(level) ~ " for `" ~ name ~ "`; it takes a number from " ~ lowest ~ " to " ~ highest ~ ", without quotes") }}
    {%- endif -%}
  {%- endfor -%}
  {%- set default = levels.pop('default') -%}
  {{ return({'default': default, 'by_category': levels}) }}
{% endmacro %}
