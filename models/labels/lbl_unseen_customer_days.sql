-- One row per last day on which customers were still forecast, day on which they were first seen, and day less than max_horizon_days
-- later: what they bought. A customer who was away for more than active_days is seen anew; known_through_date is null for the others.
{%- set longest = demand_forecast.setting('max_horizon_days') %}
{%- set active_days = demand_forecast.setting('active_days') %}
with recent_steps as (

    select
        timeline.customer_id,
        timeline.event_date,
        timeline.purchase_count,
        {{ demand_forecast.demand_units() }} as units,
        {{ demand_forecast.demand_revenue() }} as revenue,
        {{ demand_forecast.add_days('timeline.previous_event_date', active_days - 1) }} as known_through_date,
        {{ demand_forecast.seen_anew('timeline.previous_event_date', 'timeline.event_date') }} as is_new
    from {{ ref('demand_forecast', 'seq_customer_timeline') }} as timeline
    inner join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
        on timeline.event_date > {{ demand_forecast.add_days('cuts.trained_through_date', -28 - longest) }}
            and timeline.event_date <= cuts.latest_origin_date

),

followed as (

    select
        *,
        max(case when is_new then event_date end) over so_far as first_date,
        max(case when is_new then known_through_date end) over so_far as last_known_date
    from recent_steps
    window so_far as (partition by customer_id order by event_date rows between unbounded preceding and current row)

),

bought as (

    select
        *,
        row_number() over (partition by customer_id, first_date order by event_date) = 1 as is_first_purchase
    from followed
    where purchase_count > 0 and {{ demand_forecast.days_between('first_date', 'event_date') }} < {{ longest }}

)

select
    last_known_date as known_through_date,
    first_date,
    event_date,
    round(sum(units), 9) as units,
    round(sum(revenue), 9) as revenue,
    count(*) filter (where is_first_purchase) as buyers
from bought
group by last_known_date, first_date, event_date
