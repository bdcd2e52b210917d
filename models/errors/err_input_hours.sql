-- At most one row: the quietest hour of the shop's day (the middle of the six quietest hours in a row) over the newest four
-- weeks. No row where events carry no time of day or are too few to tell.
{%- set zone = demand_forecast.setting('time_zone') %}
with events_by_hour as (

    select
        {{ demand_forecast.hour_of_day(demand_forecast.local_timestamp('checked.event_at', zone)) }} as hour_number,
        count(*) as event_count
    from {{ ref('demand_forecast', 'stg_checked_rows') }} as checked
    inner join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
        on checked.event_date > {{ demand_forecast.add_days('cuts.latest_origin_date', -28) }}
            and checked.event_date <= cuts.latest_origin_date
    where checked.row_reason is null
    group by hour_number

),

hours as (

    select cast({{ demand_forecast.number_series(0, 23) }} as integer) as hour_number

),

six_hours as (

    select
        hours.hour_number,
        sum(coalesce(events_by_hour.event_count, 0)) as event_count
    from hours
    left join events_by_hour on (events_by_hour.hour_number - hours.hour_number + 27) % 24 <= 5
    group by hours.hour_number

)

select
    hour_number as quietest_hour,
    hour_number between 0 and 6 as is_night
from six_hours
where (select sum(event_count) from events_by_hour) >= 200
    and (select count(*) from events_by_hour) > 1
qualify row_number() over (order by event_count, hour_number) = 1
