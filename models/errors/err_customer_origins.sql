-- One row per customer and judged origin: what the slices of judged forecasts are told by. Nothing is later than the origin, but the
-- category of a product, which is today's.
{{ config(materialized='table') }}
with judged as (

    select distinct customer_id, as_of_date
    from {{ ref('demand_forecast', 'err_customer_demand') }}

),

origins as (

    select
        judged.customer_id,
        judged.as_of_date,
        timeline.event_date as last_event_date,
        timeline.first_event_date,
        timeline.last_purchase_date,
        coalesce(timeline.purchase_day_count, 0) as purchase_day_count,
        timeline.channel
    from judged
    left join {{ ref('demand_forecast', 'seq_customer_timeline') }} as timeline
        on judged.customer_id = timeline.customer_id
            and judged.as_of_date >= timeline.event_date
            and (timeline.next_event_date is null or judged.as_of_date < timeline.next_event_date)

),

bought as (

    select
        items.customer_id,
        items.event_date,
        coalesce(products.category, 'no category') as category
    from {{ ref('demand_forecast', 'seq_customer_items') }} as items
    inner join (select distinct customer_id, last_purchase_date from origins) as days
        on items.customer_id = days.customer_id and items.event_date = days.last_purchase_date
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
    bought.category,
    segments.segment
from origins
left join bought
    on origins.customer_id = bought.customer_id and origins.last_purchase_date = bought.event_date
left join {{ ref('demand_forecast', 'pred_customer_segments') }} as segments
    on origins.customer_id = segments.customer_id and segments.as_of_date = {{ demand_forecast.latest_sunday('origins.as_of_date') }}
