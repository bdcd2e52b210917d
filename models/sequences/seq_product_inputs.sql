-- One row per product and origin: everything that the network reads, as one struct and two lists.
{{ config(materialized='view') }}
select
    origins.product_id,
    origins.as_of_date,
    origins.role,
    origins.position,
    {{ demand_forecast.feature_set_version('product_id') }} as feature_set_version,
    {{ demand_forecast.mapping_hash() }} as mapping_hash,
    contexts.context,
    {{ demand_forecast.list_start('histories.steps', 'origins.position') }} as steps,
    target_days.days
from {{ ref('demand_forecast', 'seq_product_origins') }} as origins
inner join (
    select
        product_id,
        as_of_date,
        {{ demand_forecast.struct_of(demand_forecast.product_features() | map(attribute='name') | list) }} as context
    from {{ ref('demand_forecast', 'seq_product_contexts') }}
) as contexts on origins.product_id = contexts.product_id and origins.as_of_date = contexts.as_of_date
inner join {{ ref('demand_forecast', 'seq_target_days') }} as target_days on origins.as_of_date = target_days.as_of_date
inner join {{ ref('demand_forecast', 'seq_product_histories') }} as histories
    on origins.product_id = histories.product_id and origins.block = histories.block
