-- One row per side, category, day on which customers or products were first seen, and day less than max_horizon_days later: what
-- those customers bought, or what was bought of those products. The side `unnamed` has purchases that name no product: theirs is never
-- seen before.
{%- set longest = demand_forecast.setting('max_horizon_days') %}
with products as (

    select
        category,
        known_through_date,
        first_event_date as first_date,
        event_date,
        round(sum(units), 9) as units,
        round(sum(revenue), 9) as revenue
    from {{ ref('demand_forecast', 'seq_product_timeline') }}
    where purchase_count > 0 and {{ demand_forecast.days_between('first_event_date', 'event_date') }} < {{ longest }}
    group by category, known_through_date, first_event_date, event_date

),

unnamed as (

    select
        event_date,
        greatest(sum(case when side = 'customers' then units else -units end), 0) as units,
        greatest(sum(case when side = 'customers' then revenue else -revenue end), 0) as revenue
    from {{ ref('demand_forecast', 'lbl_category_days') }}
    group by event_date

)

select
    'customers' as side,
    'all' as category,
    known_through_date,
    first_date,
    event_date,
    units,
    revenue,
    buyers
from {{ ref('demand_forecast', 'lbl_unseen_customer_days') }}
union all
select
    'products' as side,
    category,
    known_through_date,
    first_date,
    event_date,
    units,
    revenue,
    null as buyers
from products
union all
select
    'unnamed' as side,
    'unknown' as category,
    cast(null as date) as known_through_date,
    event_date as first_date,
    event_date,
    units,
    revenue,
    null as buyers
from unnamed
where units > 0.000001 or revenue > 0.000001
