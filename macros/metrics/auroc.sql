{#- Aggregate over err_customer_thresholds: the chance that a buyer has a higher probability than another (ties count half): 1 less the
    share of pairs in which the other lies above. -#}
{% macro auroc() %}
  {{ return('1 - sum(purchase_count * (rows_from - purchases_from - (row_count - purchase_count) / 2.0))'
      ~ ' / nullif(sum(purchase_count) * sum(row_count - purchase_count), 0)') }}
{% endmacro %}
