-- One row per raw row that was not accepted, with its raw keys. Days whose raw rows have not changed keep their rows.
{%- set wanted = ['source', 'verdict', 'reason', 'event_id', 'customer_id', 'visitor_id', 'raw_event_at', 'raw_event_type', 'raw_quantity', 'raw_amount', 'raw_unit_price', 'event_date', 'loaded_at', 'day_fingerprint'] %}
{%- set kept = demand_forecast.reusable_table(wanted) %}
{%- set newly_changed_days %}
    select counts.event_date
    from {{ ref('demand_forecast', 'stg_event_counts') }} as counts
    left join (select distinct source, event_date, day_fingerprint from {{ kept }}) as was
        on counts.source_name = was.source
            and counts.event_date = was.event_date
            and counts.day_fingerprint = was.day_fingerprint
    where counts.verdict <> 'accepted' and was.source is null
{%- endset %}
with days as (

    select
        source_name,
        event_date,
        max(day_fingerprint) as day_fingerprint,
        sum(case when verdict <> 'accepted' then row_count else 0 end) as row_count
    from {{ ref('demand_forecast', 'stg_event_counts') }}
    group by source_name, event_date
    having sum(case when verdict <> 'accepted' then row_count else 0 end) > 0

),

kept as (
    {% if kept %}
    select was.*
    from {{ kept }} as was
    inner join days
        on was.source = days.source_name
            and was.event_date = days.event_date
            and was.day_fingerprint = days.day_fingerprint
    {% else %}
    select cast(null as {{ dbt.type_string() }}) as source, cast(null as date) as event_date where false
    {% endif %}
),

changed_days as (

    select days.*
    from days
    left join (select distinct source, event_date from kept) as unchanged
        on days.source_name = unchanged.source and days.event_date = unchanged.event_date
    where unchanged.source is null

),

rows_of_changed_days as (

    select *
    from {{ ref('demand_forecast', 'stg_checked_rows') }}
    where {{ demand_forecast.is_changed_day(newly_changed_days) if kept else demand_forecast.day_of_row() ~ ' in (select event_date from changed_days)' }}

),

judged_rows as (

    {{ demand_forecast.judged_rows('rows_of_changed_days') }}

)

select
    judged_rows.source_name as source,
    judged_rows.verdict,
    judged_rows.reason,
    judged_rows.event_id,
    judged_rows.raw_customer_id as customer_id,
    judged_rows.visitor_id,
    judged_rows.raw_event_at,
    judged_rows.raw_event_type,
    judged_rows.raw_quantity,
    judged_rows.raw_amount,
    judged_rows.raw_unit_price,
    changed_days.event_date,
    judged_rows.loaded_at,
    changed_days.day_fingerprint
from judged_rows
inner join changed_days
    on judged_rows.source_name = changed_days.source_name
        and {{ demand_forecast.day_of_row('judged_rows.event_date') }} = changed_days.event_date
where judged_rows.verdict <> 'accepted'
{%- if kept %}
union all
select * from kept
{%- endif %}
