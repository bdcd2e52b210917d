-- One row: the latest origin and the two dates at which time is cut, once for all horizons.
-- It is the earliest, over the required sources, of each one's last complete day; a required source without a sound row has none,
-- and then there is no origin. Dates that vars fix are cut to the data, which for as_of_date is the newest day that has begun.
with loaded as (

    select
        case when count(*) = count(newest_date) then min(newest_date) end as loaded_through_date,
        case when count(*) = count(newest_date) then min(complete_through_date) end as complete_through_date
    from {{ ref('demand_forecast', 'stg_event_sources') }}
    where is_required

),

latest as (

    select
        {%- if demand_forecast.setting('as_of_date') %}
        case
            when loaded_through_date is not null
                then least(cast('{{ demand_forecast.setting('as_of_date') }}' as date), loaded_through_date)
        end as latest_origin_date
        {%- else %}
        complete_through_date as latest_origin_date
        {%- endif %}
    from loaded

),

trained as (

    select
        *,
        {%- if demand_forecast.setting('trained_through_date') %}
        case
            when latest_origin_date is not null
                then least(cast('{{ demand_forecast.setting('trained_through_date') }}' as date), latest_origin_date)
        end as trained_through_date
        {%- else %}
        {{ demand_forecast.add_days('latest_origin_date', -demand_forecast.setting('test_days')) }} as trained_through_date
        {%- endif %}
    from latest

)

select
    (
        select min(event_date) from {{ ref('demand_forecast', 'stg_event_days') }}
        where step_row_count > 0
    ) as first_event_date,
    {%- if demand_forecast.setting('fitted_through_date') %}
    case
        when trained_through_date is not null
            then least(cast('{{ demand_forecast.setting('fitted_through_date') }}' as date), trained_through_date)
    end as fitted_through_date,
    {%- else %}
    {{ demand_forecast.add_days('trained_through_date', -demand_forecast.setting('validation_days')) }} as fitted_through_date,
    {%- endif %}
    trained_through_date,
    latest_origin_date
from trained
