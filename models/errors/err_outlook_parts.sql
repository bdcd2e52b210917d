-- One row per origin, horizon, target (units, revenue) and category: what the product side expects, and what came true of the same
-- products. Money is units at the category's mean price: expected at that of the 56 days before the origin, actual at that of the
-- window. A category without a price has the shop's.
{{ config(materialized='table') }}
with prices as (

    select
        products.as_of_date,
        products.horizon_days,
        products.category,
        sum(days.revenue) filter (where days.event_date <= products.as_of_date) as revenue_before,
        sum(days.units) filter (where days.event_date <= products.as_of_date) as units_before,
        sum(days.revenue) filter (where days.event_date > products.as_of_date) as revenue_within,
        sum(days.units) filter (where days.event_date > products.as_of_date) as units_within
    from {{ ref('demand_forecast', 'err_outlook_products') }} as products
    left join {{ ref('demand_forecast', 'lbl_category_days') }} as days
        on products.category = days.category
            and days.side = 'products'
            and days.event_date > {{ demand_forecast.add_days('products.as_of_date', -56) }}
            and days.event_date <= {{ demand_forecast.add_days('products.as_of_date', 'products.horizon_days') }}
    group by products.as_of_date, products.horizon_days, products.category

),

priced as (

    select
        as_of_date,
        horizon_days,
        category,
        coalesce(
            revenue_before / nullif(units_before, 0),
            sum(revenue_before) over by_origin / nullif(sum(units_before) over by_origin, 0),
            0
        ) as expected_price,
        revenue_within / nullif(units_within, 0) as actual_price
    from prices
    window by_origin as (partition by as_of_date, horizon_days)

)

{%- for target, expected, actual in [
    ('units', 'products.expected_units', 'products.actual_units'),
    ('revenue', 'products.expected_units * priced.expected_price', 'products.actual_units * coalesce(priced.actual_price, priced.expected_price)'),
] %}
{{ 'union all' if not loop.first }}
select
    products.as_of_date,
    products.horizon_days,
    '{{ target }}' as target,
    products.category,
    round({{ expected }}, 9) as expected,
    round({{ actual }}, 9) as actual
from {{ ref('demand_forecast', 'err_outlook_products') }} as products
inner join priced
    on products.as_of_date = priced.as_of_date and products.horizon_days = priced.horizon_days and products.category = priced.category
{%- endfor %}
