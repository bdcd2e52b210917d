-- One row per eligible customer and horizon at the latest origin.
select
    customer_id,
    as_of_date,
    horizon_days,
    purchase_probability,
    expected_units,
    expected_revenue,
    baseline_probability,
    baseline_units,
    baseline_revenue,
    predictor,
    model_version,
    provider,
    scored_at
from {{ ref('demand_forecast', 'pred_customer_serving') }}
