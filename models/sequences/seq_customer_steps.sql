-- One row per customer and active day: that day's facts. Only days whose raw rows changed are built again; a day that
-- lost all its rows stays with event_count = 0, and everything downstream reads seq_customer_timeline, which leaves it out.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['customer_id', 'event_date'],
    on_schema_change='fail'
) }}
{%- set changed_days %}
    select coalesce(days.event_date, was.event_date) as event_date
    from (
        select event_date, sum(step_row_count) as raw_count, sum(step_fingerprint) as fingerprint
        from {{ ref('demand_forecast', 'stg_event_days') }}
        group by event_date
    ) as days
    full outer join (
        select event_date, sum(raw_count) as raw_count, sum(fingerprint) as fingerprint
        from {{ this }}
        group by event_date
    ) as was on days.event_date = was.event_date
    where coalesce(days.raw_count, 0) <> coalesce(was.raw_count, 0)
        or coalesce(days.fingerprint, 0) <> coalesce(was.fingerprint, 0)
{%- endset %}
{%- set is_changed = demand_forecast.is_changed_day(changed_days) if is_incremental() else 'true' %}
with rows_of_changed_days as (

    select *
    from {{ ref('demand_forecast', 'stg_checked_rows') }}
    where {{ demand_forecast.is_step_row() }} and {{ is_changed }}

),

judged_rows as (

    {{ demand_forecast.judged_rows('rows_of_changed_days') }}

),

days as (

    select
        customer_id,
        event_date,
        count(*) as raw_count,
        {{ demand_forecast.hash_sum('row_hash') }} as fingerprint,
        {%- for fact in demand_forecast.step_facts() %}
        {{ fact.sql }} as {{ fact.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from judged_rows
    group by customer_id, event_date

)
{% if is_incremental() %},

was as (

    select *
    from {{ this }}
    where {{ is_changed }}

)

select days.*
from days
left join was on days.customer_id = was.customer_id and days.event_date = was.event_date
where days.raw_count <> coalesce(was.raw_count, -1) or days.fingerprint <> coalesce(was.fingerprint, -1)
union all
select
    was.customer_id,
    was.event_date,
    0 as raw_count,
    0 as fingerprint,
    {%- for fact in demand_forecast.step_facts() %}
    {{ fact.none | default(0) }} as {{ fact.name }}{{ ',' if not loop.last }}
    {%- endfor %}
from was
left join days on was.customer_id = days.customer_id and was.event_date = days.event_date
where days.customer_id is null and was.raw_count > 0
{% else %}

select * from days
{% endif %}
