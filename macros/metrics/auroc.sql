{#- Aggregate over err_customer_thresholds: the chance that a buyer has a higher probability than another (ties count half). -#}
{% macro auroc() %}
  {{ return('sum(purchase_count * (others_through - (row_count - purchase_count) / 2.0)) / nullif(sum(purchase_count) * sum(row_count - purchase_count), 0)') }}
{% endmacro %}
