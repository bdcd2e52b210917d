{#- Features that grow with the age of the shop itself: that they move says nothing about its customers. Gaps are of a year, so in a
    younger shop the long ones come last. -#}
{% macro growing_features() %}
  {{ return(['tenure_days', 'purchase_day_count', 'has_purchased', 'mean_gap_days', 'gap_deviation_days']) }}
{% endmacro %}
