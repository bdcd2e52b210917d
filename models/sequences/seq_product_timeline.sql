-- One row per product and day, from the product's first event through the latest origin, quiet days included. A product without an
-- event for active_days is not eligible until the next one, its new first_event_date; it was known_through_date before. Its days end
-- max_horizon_days after the last eligible one, so that what was expected there is judged whether it returns or not. A day is out of stock
-- while the newest count, at most a week old, found nothing at the end of its day and nothing has been sold since: what was wanted on it
-- is not known. A promotion counts on days that it was known on.
{%- set by_product = 'partition by product_id order by event_date' %}
{%- set so_far = by_product ~ ' rows between unbounded preceding and current row' %}
{%- set active_days = demand_forecast.setting('active_days') %}
with spans as (

    select
        days.product_id,
        min(days.event_date) as first_date,
        least(min(cuts.latest_origin_date), {{ demand_forecast.add_days('max(days.event_date)', active_days - 1 + demand_forecast.setting('max_horizon_days')) }}) as last_date
    from {{ ref('demand_forecast', 'seq_product_days') }} as days
    cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
    where days.product_id is not null and days.event_date <= cuts.latest_origin_date
    group by days.product_id

),

product_dates as (

    select
        product_id,
        {{ demand_forecast.date_series('first_date', 'last_date') }} as event_date
    from spans

),

calendar as (

    select
        calendar_date,
        max(is_holiday) as is_holiday,
        max(is_promotion) as is_promotion
    from {{ ref('demand_forecast', 'stg_calendar') }}
    where coalesce(known_from_date, calendar_date) <= calendar_date
    group by calendar_date

),

joined as (

    select
        product_dates.*,
        coalesce(products.category, 'unknown') as category,
        coalesce(calendar.is_holiday, false) as is_holiday,
        coalesce(calendar.is_promotion, false) as is_promotion,
        {%- for fact in demand_forecast.product_facts() %}
        coalesce(days.{{ fact.name }}, 0) as {{ fact.name }},
        {%- endfor %}
        days.event_date as seen_date,
        case when days.purchase_count > 0 then days.event_date end as sale_date,
        stock.snapshot_date,
        stock.on_hand
    from product_dates
    left join {{ ref('demand_forecast', 'seq_product_days') }} as days
        on product_dates.product_id = days.product_id and product_dates.event_date = days.event_date
    left join {{ ref('demand_forecast', 'stg_products') }} as products on product_dates.product_id = products.product_id
    left join {{ ref('demand_forecast', 'stg_stock') }} as stock
        on product_dates.product_id = stock.product_id and product_dates.event_date = stock.snapshot_date
            and {{ demand_forecast.is_finite('stock.on_hand') }}
    left join calendar on product_dates.event_date = calendar.calendar_date

),

known as (

    select
        *,
        {{ demand_forecast.demand_units() }} as units,
        {{ demand_forecast.demand_revenue() }} as revenue,
        row_number() over ({{ by_product }}) as step_number,
        max(seen_date) over ({{ so_far }}) as last_seen_date,
        max(seen_date) over ({{ by_product }} rows between unbounded preceding and 1 preceding) as seen_before_date,
        max(sale_date) over ({{ so_far }}) as last_sale_date,
        max(snapshot_date) over ({{ so_far }}) as last_snapshot_date,
        max_by(on_hand, snapshot_date) over ({{ so_far }}) as last_on_hand
    from joined

),

visits as (

    select
        *,
        {{ demand_forecast.add_days('seen_before_date', active_days - 1) }} as left_date,
        seen_date is not null
        and {{ demand_forecast.seen_anew('seen_before_date', 'event_date') }} as is_new
    from known

)

select
    *,
    max(case when is_new then event_date end) over ({{ so_far }}) as first_event_date,
    max(case when is_new then left_date end) over ({{ so_far }}) as known_through_date,
    {{ demand_forecast.block_of('step_number') }} as block,
    {{ demand_forecast.days_between('last_seen_date', 'event_date') }} < {{ active_days }} as is_eligible,
    case
        when last_on_hand <= 0
            and {{ demand_forecast.days_between('last_snapshot_date', 'event_date') }} < 7
            and coalesce(last_sale_date < last_snapshot_date or last_sale_date = last_snapshot_date and last_snapshot_date < event_date, true)
            then 0.0
        else 1.0
    end as is_in_stock
from visits
