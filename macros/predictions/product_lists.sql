{#- The lists of the products' ledger, one value a day: the mean, then each quantile. -#}
{% macro product_lists() %}
  {%- set quantiles = demand_forecast.product_quantiles() -%}
  {{ return(['expected_units'] + quantiles.daily | map('first') | list + quantiles.cumulative | map('first') | list) }}
{% endmacro %}
