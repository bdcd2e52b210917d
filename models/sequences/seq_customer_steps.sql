-- One row per customer and active day: that day's facts. Only days whose raw rows changed are built again; a day that
-- lost all its rows stays with event_count = 0, and everything downstream reads seq_customer_timeline, which leaves it out.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['customer_id', 'event_date'],
    on_schema_change='fail'
) }}
with raw_rows as (

    select
        customer_id,
        event_date,
        row_hash
    from {{ ref('demand_forecast', 'stg_checked_rows') }}
    where row_reason is null
        and {{ demand_forecast.hash_bucket('customer_id', 100) }} < {{ demand_forecast.setting('customer_sample_percent') }}

),
{% if is_incremental() %}
changed_dates as (

    select coalesce(now.event_date, was.event_date) as event_date
    from (
        select event_date, count(*) as raw_count, {{ demand_forecast.hash_sum('row_hash') }} as fingerprint
        from raw_rows
        group by event_date
    ) as now
    full outer join (
        select event_date, sum(raw_count) as raw_count, {{ demand_forecast.hash_sum('fingerprint') }} as fingerprint
        from {{ this }}
        group by event_date
    ) as was on now.event_date = was.event_date
    where coalesce(now.raw_count, 0) <> coalesce(was.raw_count, 0)
        or coalesce(now.fingerprint, 0) <> coalesce(was.fingerprint, 0)

),
{% endif %}
current_days as (

    select
        customer_id,
        event_date,
        count(*) as raw_count,
        {{ demand_forecast.hash_sum('row_hash') }} as fingerprint
    from raw_rows
    {% if is_incremental() %}
    where event_date in (select event_date from changed_dates)
    {% endif %}
    group by customer_id, event_date

),

changed_days as (
    {% if is_incremental() %}
    select
        coalesce(now.customer_id, was.customer_id) as customer_id,
        coalesce(now.event_date, was.event_date) as event_date,
        coalesce(now.raw_count, 0) as raw_count,
        coalesce(now.fingerprint, 0) as fingerprint
    from current_days as now
    full outer join (
        select customer_id, event_date, raw_count, fingerprint
        from {{ this }}
        where event_date in (select event_date from changed_dates)
    ) as was on now.customer_id = was.customer_id and now.event_date = was.event_date
    where coalesce(now.raw_count, 0) <> coalesce(was.raw_count, -1)
        or coalesce(now.fingerprint, 0) <> coalesce(was.fingerprint, -1)
    {% else %}
    select * from current_days
    {% endif %}
),

rows_of_changed_days as (

    select *
    from {{ ref('demand_forecast', 'stg_checked_rows') }}
    where row_reason is null
        and {{ demand_forecast.hash_bucket('customer_id', 100) }} < {{ demand_forecast.setting('customer_sample_percent') }}
        {%- if is_incremental() %}
        and event_date in (select event_date from changed_days)
        {%- endif %}

),

judged_rows as (

    {{ demand_forecast.judged_rows('rows_of_changed_days') }}

),

accepted_events as (

    {{ demand_forecast.accepted_events('judged_rows') }}

),

facts as (

    {{ demand_forecast.step_facts_of('accepted_events') }}
    group by customer_id, event_date

)

select
    changed_days.customer_id,
    changed_days.event_date,
    changed_days.raw_count,
    changed_days.fingerprint,
    {%- for fact in demand_forecast.step_facts() %}
    coalesce(facts.{{ fact.name }}, 0) as {{ fact.name }}{{ ',' if not loop.last }}
    {%- endfor %}
from changed_days
left join facts on changed_days.customer_id = facts.customer_id and changed_days.event_date = facts.event_date
