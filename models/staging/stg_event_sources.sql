-- One row per mapped event source: whether forecasts wait for it, the newest of its days that has begun (null: no sound row) and
-- its last complete day. The newest day may be half loaded, unless the source loads whole days and the day is over.
-- A row dated later than today does not make today complete, nor does a link make a later day.
with sources as (
    {%- set sources = demand_forecast.event_sources() %}
    {%- for source in sources %}
    select {{ demand_forecast.literal(source.name) }} as source_name, {{ source.required }} as is_required, {{ source.loads_whole_days }} as loads_whole_days
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {%- if not sources %}
    select cast(null as {{ dbt.type_string() }}) as source_name, false as is_required, false as loads_whole_days where false
    {%- endif %}
),

newest_days as (

    select
        source_name,
        least(max(newest_own_date), {{ demand_forecast.run_date() }}) as newest_date
    from {{ ref('demand_forecast', 'stg_event_days') }}
    where newest_own_date is not null
    group by source_name

)

select
    sources.source_name,
    sources.is_required,
    newest_days.newest_date,
    case
        when sources.loads_whole_days and newest_days.newest_date < {{ demand_forecast.run_date() }} then newest_days.newest_date
        else {{ demand_forecast.add_days('newest_days.newest_date', -1) }}
    end as complete_through_date
from sources
left join newest_days on sources.source_name = newest_days.source_name
