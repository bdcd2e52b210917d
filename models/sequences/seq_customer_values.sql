-- One row per customer and origin, eligible there: what the purchases of the last active_days say of the customer. Origins are the
-- latest one and the Sundays of the last segment_weeks; none reads a later day.
{%- set window_days = demand_forecast.setting('active_days') %}
with weeks as (

    select {{ demand_forecast.number_series(0, demand_forecast.setting('segment_weeks')) }} as weeks_ago

),

origins as (

    select latest_origin_date as as_of_date
    from {{ ref('demand_forecast', 'seq_cut_dates') }}
    union
    select {{ demand_forecast.add_days(demand_forecast.latest_sunday('cuts.latest_origin_date'), '-7 * weeks.weeks_ago') }}
    from {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
    cross join weeks

),

known as (

    select
        timeline.customer_id,
        origins.as_of_date,
        timeline.first_purchase_date,
        timeline.last_purchase_date,
        timeline.purchase_day_count,
        least({{ demand_forecast.days_between('timeline.first_event_date', 'origins.as_of_date') }} + 1, {{ window_days }}) as known_days
    from {{ ref('demand_forecast', 'seq_customer_timeline') }} as timeline
    inner join origins on origins.as_of_date between timeline.event_date and timeline.eligible_through_date

),

purchases as (

    select
        customer_id,
        event_date,
        purchase_gap_days,
        {{ demand_forecast.demand_revenue() }} as revenue
    from {{ ref('demand_forecast', 'seq_customer_timeline') }}
    where purchase_date is not null

)

select
    known.customer_id,
    known.as_of_date,
    known.known_days,
    known.first_purchase_date,
    known.last_purchase_date,
    {{ demand_forecast.days_between('known.last_purchase_date', 'known.as_of_date') }} as recency_days,
    known.purchase_day_count,
    count(purchases.event_date) as frequency,
    round(coalesce(sum(purchases.revenue), 0), 6) as monetary_value,
    avg(purchases.purchase_gap_days) as usual_gap_days
from known
left join purchases
    on known.customer_id = purchases.customer_id
        and purchases.event_date between {{ demand_forecast.add_days('known.as_of_date', 1 - window_days) }} and known.as_of_date
group by all
