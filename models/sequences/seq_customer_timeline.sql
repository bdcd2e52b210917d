-- One row per customer and active day, in order. A step answers for every day until the customer's next one, for active_days at most.
{{ config(materialized='view') }}
{%- set last_day = demand_forecast.setting('active_days') - 1 %}
select
    *,
    {{ demand_forecast.block_of('step_number') }} as block,
    case
        when purchase_date is not null then {{ demand_forecast.days_between('previous_purchase_date', 'event_date') }}
    end as purchase_gap_days,
    least(
        coalesce({{ demand_forecast.add_days('next_event_date', -1) }}, {{ demand_forecast.add_days('event_date', last_day) }}),
        {{ demand_forecast.add_days('event_date', last_day) }}
    ) as eligible_through_date
from {{ ref('demand_forecast', 'seq_customer_ordered_steps') }}
where event_date is not null
