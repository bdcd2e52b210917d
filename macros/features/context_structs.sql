{#- Select with one row per customer and origin, or per row of `wanted` (customer_id, as_of_date): the context as one struct of
    features. -#}
{% macro context_structs(wanted=none) %}
    select
        contexts.customer_id,
        contexts.as_of_date,
        contexts.feature_set_version,
        {{ demand_forecast.struct_of(demand_forecast.context_features() | map(attribute='name') | list) }} as context
    from {{ ref('demand_forecast', 'seq_customer_contexts') }} as contexts
    {%- if wanted %}
    where exists (
        select 1
        from {{ wanted }} as wanted
        where contexts.customer_id = wanted.customer_id and contexts.as_of_date = wanted.as_of_date
    )
    {%- endif %}
{% endmacro %}
