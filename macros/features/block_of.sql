{#- The block of a step: a customer's steps are cut into blocks of 64, counted from 0. -#}
{% macro block_of(step_number) %}
  {{ return("cast(floor((" ~ step_number ~ " - 1) / 64.0) as integer)") }}
{% endmacro %}
