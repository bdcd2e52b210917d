-- One row per judged forecast and forecaster: the forecast that was served, and the baseline beside it, in the same columns. A forecast of
-- the baseline is its own.
{%- set keys = ['task', 'customer_id', 'as_of_date', 'horizon_days', 'model_version', 'predictor', 'purpose'] %}
{%- for forecaster, prefix in [('forecast', ['purchase_probability', 'expected_units', 'expected_revenue']), ('baseline', ['baseline_probability', 'baseline_units', 'baseline_revenue'])] %}
select
    {{ keys | join(',\n    ') }},
    '{{ forecaster }}' as forecaster,
    {{ prefix[0] }} as purchase_probability,
    {{ prefix[1] }} as expected_units,
    {{ prefix[2] }} as expected_revenue,
    actual_purchased,
    actual_units,
    actual_revenue
from {{ ref('demand_forecast', 'err_customer_demand') }}
{{ "where predictor <> 'baseline'" if forecaster == 'baseline' }}
{{ 'union all' if not loop.last }}
{%- endfor %}
