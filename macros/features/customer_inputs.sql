{#- Select with one row per customer and origin: everything that the network reads, as one struct and two lists. With `wanted`, a relation
    of (customer_id, as_of_date), of its rows alone: contexts and steps are then cut down before they meet anything else. -#}
{% macro customer_inputs(wanted=none) %}
with contexts as (

    {{ demand_forecast.context_structs(wanted) }}

),

histories as (

    {{ demand_forecast.customer_histories(wanted) | indent(4) }}

)

select
    origins.customer_id,
    origins.as_of_date,
    origins.role,
    origins.position,
    contexts.feature_set_version,
    {{ demand_forecast.mapping_hash() }} as mapping_hash,
    contexts.context,
    coalesce(
        {{ demand_forecast.list_start('histories.steps', 'origins.position') }}, {{ demand_forecast.empty_list() }}
    ) as steps,
    target_days.days
from {{ ref('demand_forecast', 'seq_origins') }} as origins
inner join contexts on origins.customer_id = contexts.customer_id and origins.as_of_date = contexts.as_of_date
inner join {{ ref('demand_forecast', 'seq_target_days') }} as target_days on origins.as_of_date = target_days.as_of_date
left join histories on origins.customer_id = histories.customer_id and origins.block = histories.block
{%- endmacro %}
