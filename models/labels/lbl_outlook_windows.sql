-- One row per origin (test days and the latest) and horizon: where the last 28 windows begin that had closed by the origin, and whether
-- its own has closed by now.
{{ config(materialized='view') }}
with horizons as (

    {{ demand_forecast.horizon_rows() }}

)

select
    days.as_of_date,
    horizons.horizon_days,
    greatest({{ demand_forecast.add_days('days.as_of_date', '-(horizons.horizon_days + 27)') }}, cuts.first_event_date) as first_start,
    {{ demand_forecast.add_days('days.as_of_date', '-horizons.horizon_days') }} as last_start,
    {{ demand_forecast.add_days('days.as_of_date', 'horizons.horizon_days') }} <= cuts.latest_origin_date as is_closed
from {{ ref('demand_forecast', 'seq_origin_days') }} as days
cross join horizons
cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
where days.role in ('test', 'latest')
