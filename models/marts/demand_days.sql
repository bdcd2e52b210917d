-- One row per day from the first event to the farthest target day. Off unless var semantic_layer asks for it.
{%- do demand_forecast.setting('semantic_layer') %}
select {{ demand_forecast.date_series('first_event_date', demand_forecast.add_days('latest_origin_date', demand_forecast.setting('max_horizon_days'))) }} as date_day
from {{ ref('demand_forecast', 'seq_cut_dates') }}
where first_event_date is not null and latest_origin_date is not null
