{#- Probability that cumulative demand is above a number of units, from its quantiles: on the line between those that enclose it, below
    the lowest on the line from minus one unit, and above the highest falling on as between the levels 0.9 and 0.99, by a factor of ten
    over as many units. It never rises with the units. -#}
{% macro probability_above(units) %}
  {%- set known = demand_forecast.product_quantiles().cumulative -%}
  {%- set name, level, normal = known[-1] -%}
  {%- set tenth = (known | selectattr(1, 'equalto', 0.9) | first)[0] -%}
  {%- set sql = namespace(whens=" when " ~ units ~ " >= " ~ name ~ " then (1 - " ~ level ~ ") * pow(0.1, (" ~ units ~ " - " ~ name ~ ") / greatest(" ~ name ~ " - " ~ tenth ~ ", 1))") -%}
  {%- for at in range(known | length - 1, -1, -1) -%}
    {%- set low_name, low = (known[at - 1][0], known[at - 1][1]) if at else ('-1', 0) -%}
    {%- set share = "(" ~ units ~ " - " ~ low_name ~ ") / (" ~ known[at][0] ~ " - " ~ low_name ~ ")" -%}
    {%- set sql.whens = sql.whens ~ " when " ~ units ~ " >= " ~ low_name ~ " then 1 - " ~ low ~ " - " ~ (known[at][1] - low) | round(6) ~ " * " ~ share -%}
  {%- endfor -%}
  {{ return("cast(case" ~ sql.whens ~ " when " ~ units ~ " < -1 and " ~ name ~ " is not null then 1 end as double)") }}
{% endmacro %}
