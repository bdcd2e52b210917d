{#- Features that grow with the age of the shop itself: that they move says nothing about its customers. -#}
{% macro growing_features() %}
  {{ return(['tenure_days', 'purchase_day_count', 'has_purchased']) }}
{% endmacro %}
