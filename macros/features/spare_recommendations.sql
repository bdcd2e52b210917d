{#- Ranks that are kept beside those that are shown, to fill the places of products that sell out within the day; none where products
    out of stock are offered as well. -#}
{% macro spare_recommendations() %}
  {%- set may_sell_out = demand_forecast.optional_table('stock') is not none and not demand_forecast.setting('recommend_out_of_stock') -%}
  {{ return(10 if may_sell_out else 0) }}
{% endmacro %}
