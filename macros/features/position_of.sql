{#- How many steps an origin reads whose last step has this number: its own block up to the step, and the block before. -#}
{% macro position_of(step_number) %}
  {{ return("cast(" ~ step_number ~ " - 64 * greatest(" ~ demand_forecast.block_of(step_number) ~ " - 1, 0) as integer)") }}
{% endmacro %}
