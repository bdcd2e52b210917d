{#- What the features of a customer or a product mean: a number to raise by hand whenever that changes, and the setting
    that changes it. A model that was trained on another one is refused by name. -#}
{% macro feature_set_version(key='customer_id') %}
  {%- set numbers = {'customer_id': 3, 'product_id': 4} -%}
  {{ return("'" ~ numbers[key] ~ "-" ~ demand_forecast.setting('units_basis') ~ "'") }}
{% endmacro %}
