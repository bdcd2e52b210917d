{#- The number by which a network knows a product: one of 2^20 buckets, so that no list of products has to be kept beside a model. -#}
{% macro item_bucket(column) %}
  {{ return(demand_forecast.hash_bucket(column, 1048576)) }}
{% endmacro %}
