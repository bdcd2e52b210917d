{#- Select with one row per customer and block: the steps of the block before and of this block, oldest first. With `wanted`, a relation
    with customer_id, of its customers alone. -#}
{% macro customer_histories(wanted=none) %}
{{- demand_forecast.block_histories(
    ref('demand_forecast', 'seq_customer_timeline'), 'customer_id', demand_forecast.step_features(), wanted
) -}}
{% endmacro %}
