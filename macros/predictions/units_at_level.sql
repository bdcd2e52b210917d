{#- Whole units that cumulative demand stays at or below with the probability `level`: on the line between the two quantiles that
    enclose it, rounded up. -#}
{% macro units_at_level(level) %}
  {%- set known = demand_forecast.product_quantiles().cumulative -%}
  {%- set sql = namespace(whens='') -%}
  {%- for at in range(known | length - 1, 0, -1) -%}
    {%- set name, low = known[at - 1][0], known[at - 1][1] -%}
    {%- set share = "(" ~ level ~ " - " ~ low ~ ") / (" ~ known[at][1] ~ " - " ~ low ~ ")" -%}
    {%- set sql.whens = sql.whens ~ " when " ~ level ~ " >= " ~ low ~ " then " ~ name ~ " + " ~ share ~ " * (" ~ known[at][0] ~ " - " ~ name ~ ")" -%}
  {%- endfor -%}
  {{ return("ceil(round(cast(case" ~ sql.whens ~ " end as double), 6))") }}
{% endmacro %}
