-- One row per task, model version, predictor, purpose, horizon and bin of ten: forecast beside what came true.
select
    task,
    model_version,
    predictor,
    purpose,
    horizon_days,
    cast(bin as integer) as bin,
    round(predicted_mean, 9) as predicted_mean,
    round(actual_mean, 9) as actual_mean,
    row_count
from {{ ref('demand_forecast', 'err_customer_bins') }}
where forecaster = 'forecast'
