-- One row per customer, origin, horizon, model version and purpose whose window has closed.
{{ config(materialized='view') }}
select
    customer_id,
    as_of_date,
    horizon_days,
    model_version,
    predictor,
    purpose,
    purchase_probability,
    actual_purchased,
    expected_units,
    actual_units,
    expected_revenue,
    actual_revenue,
    baseline_probability,
    baseline_units,
    baseline_revenue,
    squared_error,
    log_loss
from {{ ref('demand_forecast', 'err_customer_demand') }}
