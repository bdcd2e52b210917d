-- One row per source, day, verdict and reason: how many raw rows. Only days whose raw rows changed are judged again, those of
-- every source, since a verdict depends on the customer's rows of the day from all of them. A day that lost all its rows keeps
-- one row with a count of zero.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['source_name', 'event_date'],
    on_schema_change='fail'
) }}
{%- set days %}
    select
        source_name,
        event_date,
        raw_count,
        cast(sum(source_fingerprint) over (partition by event_date) as decimal(38, 0)) as day_fingerprint
    from {{ ref('demand_forecast', 'stg_event_days') }}
{%- endset %}
{%- set changed_days %}
    select
        coalesce(days.source_name, was.source_name) as source_name,
        coalesce(days.event_date, was.event_date) as event_date,
        coalesce(days.day_fingerprint, 0) as day_fingerprint
    from ({{ days }}) as days
    full outer join (
        select source_name, event_date, max(day_fingerprint) as day_fingerprint, sum(row_count) as raw_count
        from {{ this }}
        group by source_name, event_date
    ) as was on days.source_name = was.source_name and days.event_date = was.event_date
    where coalesce(days.day_fingerprint, 0) <> coalesce(was.day_fingerprint, -1)
        or coalesce(days.raw_count, 0) <> coalesce(was.raw_count, -1)
{%- endset %}
with changed_days as (
    {{ changed_days if is_incremental() else days }}
),

rows_of_changed_days as (

    select *
    from {{ ref('demand_forecast', 'stg_checked_rows') }}
    {%- if is_incremental() %}
    where {{ demand_forecast.is_changed_day(changed_days) }}
    {%- endif %}

),

judged_rows as (

    {{ demand_forecast.judged_rows('rows_of_changed_days') }}

),

judged as (

    select
        source_name,
        {{ demand_forecast.day_of_row() }} as event_date,
        verdict,
        reason,
        count(*) as row_count
    from judged_rows
    group by source_name, {{ demand_forecast.day_of_row() }}, verdict, reason

)

select
    changed_days.source_name,
    changed_days.event_date,
    coalesce(judged.verdict, 'accepted') as verdict,
    judged.reason,
    coalesce(judged.row_count, 0) as row_count,
    changed_days.day_fingerprint
from changed_days
left join judged on changed_days.source_name = judged.source_name and changed_days.event_date = judged.event_date
