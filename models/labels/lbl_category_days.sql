-- One row per side, category and day with a purchase, through the latest origin: units and revenue. The side `customers` has all
-- purchases, in one category, the side `products` those that name a product.
with customer_days as (

    select
        days.event_date,
        round(sum(days.units), 9) as units,
        round(sum(days.revenue), 9) as revenue
    from {{ ref('demand_forecast', 'lbl_purchase_days') }} as days
    inner join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts on days.event_date <= cuts.latest_origin_date
    group by days.event_date

),

product_days as (

    select
        category,
        event_date,
        round(sum(units), 9) as units,
        round(sum(revenue), 9) as revenue
    from {{ ref('demand_forecast', 'seq_product_timeline') }}
    where purchase_count > 0
    group by category, event_date

)

select
    'customers' as side,
    'all' as category,
    event_date,
    units,
    revenue
from customer_days
union all
select
    'products' as side,
    category,
    event_date,
    units,
    revenue
from product_days
