-- One row per ledger row and horizon that it reaches: the daily forecasts added up.
{{ config(materialized='view') }}
with horizons as (

    {{ demand_forecast.horizon_rows() }}

)

select
    ledger.customer_id,
    ledger.as_of_date,
    horizons.horizon_days,
    ledger.input_hash,
    ledger.purpose,
    ledger.feature_set_version,
    ledger.mapping_hash,
    ledger.model_version,
    ledger.predictor,
    ledger.provider,
    ledger.scored_at,
    {%- for name in ['purchase', 'baseline'] %}
    round(cast({{ demand_forecast.list_item('ledger.' ~ name ~ '_probability', 'horizons.horizon_days') }} as double), 6) as {{ name }}_probability,
    {%- endfor %}
    {%- for name in ['expected_units', 'expected_revenue', 'baseline_units', 'baseline_revenue'] %}
    round(cast({{ demand_forecast.list_total(demand_forecast.list_start('ledger.' ~ name, 'horizons.horizon_days')) }} as double), 6) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref('demand_forecast', 'pred_customer_ledger') }} as ledger
inner join horizons on horizons.horizon_days <= {{ demand_forecast.list_length('ledger.purchase_probability') }}
