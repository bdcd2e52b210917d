-- One row per customer and block: the steps of the block before and of this block, oldest first (1 to 128).
{%- set features = demand_forecast.step_features() %}
with steps as (

    select
        customer_id,
        event_date,
        block,
        {%- for feature in features %}
        cast({{ feature.sql }} as float) as {{ feature.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('demand_forecast', 'seq_customer_timeline') }}

),

blocks as (

    select
        customer_id,
        block,
        {{ demand_forecast.ordered_list(
            demand_forecast.struct_of(features | map(attribute='name') | list), 'event_date'
        ) }} as own_steps
    from steps
    group by customer_id, block

)

select
    blocks.customer_id,
    blocks.block,
    {{ demand_forecast.list_concat('before.own_steps', 'blocks.own_steps') }} as steps
from blocks
left join blocks as before on blocks.customer_id = before.customer_id and blocks.block = before.block + 1
