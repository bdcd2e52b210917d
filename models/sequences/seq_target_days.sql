-- One row per possible origin: the calendar of the next days, as it was known on the origin.
with origins as (

    select {{ demand_forecast.date_series('first_event_date', 'latest_origin_date') }} as as_of_date
    from {{ ref('demand_forecast', 'seq_cut_dates') }}

),

days_ahead as (

    select {{ demand_forecast.number_series(1, demand_forecast.setting('max_horizon_days')) }} as day_number

),

target_days as (

    select
        cast(origins.as_of_date as date) as as_of_date,
        cast(days_ahead.day_number as integer) as day_number,
        {{ demand_forecast.add_days('cast(origins.as_of_date as date)', 'cast(days_ahead.day_number as integer)') }} as target_date
    from origins
    cross join days_ahead

),

features as (

    select
        target_days.as_of_date,
        target_days.day_number,
        {%- for feature in demand_forecast.target_day_features() %}
        cast({{ feature.sql }} as float) as {{ feature.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from target_days
    left join {{ ref('demand_forecast', 'stg_calendar') }} as calendar
        on target_days.target_date = calendar.calendar_date
            and coalesce(calendar.known_from_date, target_days.as_of_date) <= target_days.as_of_date
    group by target_days.as_of_date, target_days.day_number

)

select
    as_of_date,
    {{ demand_forecast.ordered_list(
        demand_forecast.struct_of(demand_forecast.target_day_features() | map(attribute='name') | list), 'day_number'
    ) }} as days
from features
group by as_of_date
