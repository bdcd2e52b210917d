-- At most one row: the quietest hour of a source's day in the shop's time zone (the middle of the six quietest hours in a row) over the
-- newest four weeks; of a source whose quietest hour is not at night where there is one, else of the largest. No row where events
-- carry no time of day or are too few to tell.
{%- set zone = demand_forecast.setting('time_zone') %}
with events_by_hour as (

    select
        checked.source_name,
        {{ demand_forecast.hour_of_day(demand_forecast.local_timestamp('checked.event_at', zone)) }} as hour_number,
        count(*) as event_count
    from {{ ref('demand_forecast', 'stg_checked_rows') }} as checked
    inner join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
        on checked.event_date > {{ demand_forecast.add_days('cuts.latest_origin_date', -28) }}
            and checked.event_date <= cuts.latest_origin_date
    where checked.row_reason is null
    group by checked.source_name, hour_number

),

sources as (

    select
        source_name,
        sum(event_count) as event_count
    from events_by_hour
    group by source_name
    having sum(event_count) >= 200 and count(*) > 1

),

hours as (

    select {{ demand_forecast.number_series(0, 23) }} as hour_number

),

six_hours as (

    select
        sources.source_name,
        sources.event_count,
        hours.hour_number,
        sum(coalesce(events_by_hour.event_count, 0)) as near_count
    from sources
    cross join hours
    left join events_by_hour
        on sources.source_name = events_by_hour.source_name and (events_by_hour.hour_number - hours.hour_number + 27) % 24 <= 5
    group by sources.source_name, sources.event_count, hours.hour_number

),

quietest as (

    select *, hour_number between 0 and 6 as is_night
    from six_hours
    qualify row_number() over (partition by source_name order by near_count, hour_number) = 1

)

select
    source_name as quietest_source,
    hour_number as quietest_hour,
    is_night
from quietest
qualify row_number() over (order by is_night, event_count desc, source_name) = 1
