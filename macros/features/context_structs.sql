{#- Select with one row per customer and origin: the context as one struct of features. -#}
{% macro context_structs() %}
    select
        customer_id,
        as_of_date,
        feature_set_version,
        {{ demand_forecast.struct_of(demand_forecast.context_features() | map(attribute='name') | list) }} as context
    from {{ ref('demand_forecast', 'seq_customer_contexts') }}
{% endmacro %}
