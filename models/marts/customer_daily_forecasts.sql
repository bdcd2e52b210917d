-- One row per eligible customer and target day at the latest origin. Off unless var customer_daily_forecasts asks for it.
-- YAML reads that var and would take any text, so it is checked here, where the project is parsed.
{%- do demand_forecast.setting('customer_daily_forecasts') %}
with days as (

    select cast({{ demand_forecast.number_series(1, demand_forecast.setting('max_horizon_days')) }} as integer) as day_number

),

serving as (

    select distinct
        customer_id,
        as_of_date,
        input_hash,
        model_version
    from {{ ref('demand_forecast', 'pred_customer_serving') }}

)

select
    ledger.customer_id,
    ledger.as_of_date,
    {{ demand_forecast.add_days('ledger.as_of_date', 'days.day_number') }} as target_date,
    round(cast({{ demand_forecast.list_item('ledger.purchase_hazard', 'days.day_number') }} as double), 6) as purchase_hazard,
    round(cast({{ demand_forecast.list_item('ledger.expected_units', 'days.day_number') }} as double), 6) as expected_units,
    round(cast({{ demand_forecast.list_item('ledger.expected_revenue', 'days.day_number') }} as double), 6) as expected_revenue,
    ledger.predictor,
    ledger.model_version
from {{ ref('demand_forecast', 'pred_customer_ledger') }} as ledger
inner join serving
    on ledger.customer_id = serving.customer_id
        and ledger.as_of_date = serving.as_of_date
        and ledger.input_hash = serving.input_hash
        and ledger.model_version = serving.model_version
cross join days
where ledger.purpose = 'served'
