-- One row per customer and active day, in order: everything that depends on the days beside it, computed anew in each build,
-- since an older day may still change. A step answers for every day until the customer's next one, for active_days at most.
{%- set last_day = demand_forecast.setting('active_days') - 1 %}
{%- set by_customer = 'partition by customer_id order by event_date' %}
with steps as (

    select
        *,
        case when purchase_count > 0 then event_date end as purchase_date
    from {{ ref('demand_forecast', 'seq_customer_steps') }}
    where event_count > 0

),

ordered as (

    select
        *,
        row_number() over ({{ by_customer }}) as step_number,
        lag(event_date) over ({{ by_customer }}) as previous_event_date,
        lead(event_date) over ({{ by_customer }}) as next_event_date,
        min(event_date) over (partition by customer_id) as first_event_date,
        min(purchase_date) over ({{ by_customer }} rows between unbounded preceding and current row) as first_purchase_date,
        max(purchase_date) over ({{ by_customer }} rows between unbounded preceding and current row) as last_purchase_date,
        max(purchase_date) over ({{ by_customer }} rows between unbounded preceding and 1 preceding) as previous_purchase_date,
        count(purchase_date) over ({{ by_customer }} rows between unbounded preceding and current row) as purchase_day_count,
        sum(fingerprint) over ({{ by_customer }} rows between unbounded preceding and current row) as history_fingerprint
    from steps

)

select
    ordered.*,
    {{ demand_forecast.block_of('step_number') }} as block,
    least(
        coalesce({{ demand_forecast.add_days('next_event_date', -1) }}, {{ demand_forecast.add_days('event_date', last_day) }}),
        {{ demand_forecast.add_days('event_date', last_day) }}
    ) as eligible_through_date,
    case
        when purchase_date is not null then {{ demand_forecast.days_between('previous_purchase_date', 'event_date') }}
    end as purchase_gap_days
from ordered
