-- One row per side, category, day on which customers or products were first seen, and day less than max_horizon_days later: what
-- those customers bought, or what was bought of those products. The side `unnamed` has purchases that name no product: theirs is never
-- seen before.
{%- set longest = demand_forecast.setting('max_horizon_days') %}
{%- set facts = ['purchased_units', 'purchased_amount', 'returned_units', 'returned_amount'] %}
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

-- Returns are taken off what named no product alone: one of a product says nothing of the others.
beside_products as (

    select
        event_date,
        {%- for fact in facts %}
        greatest(sum(case when is_customer then {{ fact }} else -{{ fact }} end), 0) as {{ fact }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        {%- for model, is_customer in [('seq_customer_steps', 'true'), ('seq_product_timeline', 'false')] %}
        select event_date, {{ is_customer }} as is_customer, {{ facts | join(', ') }}
        from {{ ref('demand_forecast', model) }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as days
    group by event_date

),

unnamed as (

    select
        beside_products.event_date,
        round({{ demand_forecast.demand_units() }}, 9) as units,
        round({{ demand_forecast.demand_revenue() }}, 9) as revenue
    from beside_products
    inner join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts on beside_products.event_date <= cuts.latest_origin_date

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
