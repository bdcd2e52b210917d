{#- Aggregate over err_customer_thresholds: precision averaged over the buyers, highest probability first. -#}
{% macro average_precision() %}
  {{ return('sum(purchase_count * purchases_from / rows_from) / nullif(sum(purchase_count), 0)') }}
{% endmacro %}
