-- One row per customer and judged origin: what the slices of judged forecasts are told by. Nothing is later than the origin, but the
-- category of a product, which is today's.
{%- set sunday = demand_forecast.add_days('origins.as_of_date', '-(' ~ demand_forecast.iso_weekday('origins.as_of_date') ~ ' % 7)') %}
with judged as (

    select distinct customer_id, as_of_date
    from {{ ref('demand_forecast', 'err_customer_demand') }}

),

bought as (

    select
        items.customer_id,
        items.event_date,
        coalesce(products.category, 'no category') as category
    from {{ ref('demand_forecast', 'seq_customer_items') }} as items
    left join {{ ref('demand_forecast', 'stg_products') }} as products on items.product_id = products.product_id
    where items.purchase_count > 0
    group by items.customer_id, items.event_date, coalesce(products.category, 'no category')
    qualify row_number() over (
        partition by items.customer_id, items.event_date
        order by sum(items.purchase_count) desc, coalesce(products.category, 'no category')
    ) = 1

)

select
    origins.*,
    steps.channel,
    bought.category,
    segments.segment
from {{ ref('demand_forecast', 'seq_origins') }} as origins
inner join judged on origins.customer_id = judged.customer_id and origins.as_of_date = judged.as_of_date
left join {{ ref('demand_forecast', 'seq_customer_steps') }} as steps
    on origins.customer_id = steps.customer_id and origins.last_event_date = steps.event_date
left join bought
    on origins.customer_id = bought.customer_id and origins.last_purchase_date = bought.event_date
left join {{ ref('demand_forecast', 'pred_customer_segments') }} as segments
    on origins.customer_id = segments.customer_id and segments.as_of_date = {{ sunday }}
