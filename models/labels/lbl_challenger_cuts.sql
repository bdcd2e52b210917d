-- One row per purpose of a challenger's examples: the two dates at which time is cut. For the gate, its newest gate_days are kept for
-- the comparison with the champion; the refit of a challenger that passed it learns through the latest day.
{{ config(materialized='view') }}
{%- for purpose, days in [('gate', demand_forecast.setting('gate_days')), ('refit', 0)] %}
select
    '{{ purpose }}' as purpose,
    {{ demand_forecast.add_days('latest_origin_date', -days - demand_forecast.setting('validation_days')) }} as fitted_through_date,
    {{ demand_forecast.add_days('latest_origin_date', -days) }} as trained_through_date,
    latest_origin_date
from {{ ref('demand_forecast', 'seq_cut_dates') }}
{{ 'union all' if not loop.last }}
{%- endfor %}
