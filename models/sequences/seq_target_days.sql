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
        origins.as_of_date,
        days_ahead.day_number,
        {{ demand_forecast.add_days('origins.as_of_date', 'days_ahead.day_number') }} as target_date
    from origins
    cross join days_ahead

),

offsets as (

    select {{ demand_forecast.number_series(1 - demand_forecast.nearby_days(), demand_forecast.nearby_days() - 1) }} as days_since

),

nearby as (

    select
        offsets.days_since,
        {{ demand_forecast.add_days('calendar.calendar_date', 'offsets.days_since') }} as target_date,
        calendar.known_from_date,
        calendar.is_holiday,
        calendar.is_major_holiday,
        calendar.is_promotion
    from {{ ref('demand_forecast', 'stg_calendar') }} as calendar
    cross join offsets
    where calendar.is_holiday or calendar.is_promotion

),

features as (

    select
        target_days.as_of_date,
        target_days.day_number,
        {%- for feature in demand_forecast.target_day_features() %}
        cast({{ feature.sql }} as float) as {{ feature.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from target_days
    left join nearby
        on target_days.target_date = nearby.target_date
            and coalesce(nearby.known_from_date, target_days.as_of_date) <= target_days.as_of_date
    group by target_days.as_of_date, target_days.day_number

)

select
    as_of_date,
    {{ demand_forecast.ordered_list(
        demand_forecast.struct_of(demand_forecast.target_day_features() | map(attribute='name') | list), 'day_number'
    ) }} as days
from features
group by as_of_date
