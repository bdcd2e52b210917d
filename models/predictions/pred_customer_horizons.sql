-- One row per ledger row and horizon that it reaches: the daily forecasts added up.
{{ config(materialized='view') }}
with horizons as (

    {{ demand_forecast.horizon_rows() }}

)

select
    {{ demand_forecast.horizon_facts('ledger', 'horizons.horizon_days') }}
from {{ ref('demand_forecast', 'pred_customer_ledger') }} as ledger
inner join horizons on horizons.horizon_days <= {{ demand_forecast.list_length('ledger.purchase_probability') }}
