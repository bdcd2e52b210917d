-- One row per eligible customer and target day at the latest origin. Off unless var customer_daily_forecasts asks for it.
-- YAML reads that var and would take any text, so it is checked here, where the project is parsed.
{%- do demand_forecast.setting('customer_daily_forecasts') %}
with days as (

    select {{ demand_forecast.number_series(1, demand_forecast.setting('max_horizon_days')) }} as day_number

)

select
    serving.customer_id,
    serving.as_of_date,
    {{ demand_forecast.add_days('serving.as_of_date', 'days.day_number') }} as target_date,
    round(cast({{ demand_forecast.list_item('serving.purchase_hazard', 'days.day_number') }} as double), 6) as purchase_hazard,
    round(cast({{ demand_forecast.list_item('serving.expected_units', 'days.day_number') }} as double), 6) as expected_units,
    round(cast({{ demand_forecast.list_item('serving.expected_revenue', 'days.day_number') }} as double), 6) as expected_revenue,
    serving.predictor,
    serving.model_version
from {{ ref('demand_forecast', 'pred_customer_daily') }} as serving
cross join days
