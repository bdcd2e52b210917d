-- One row per task, target, model version, predictor, purpose, horizon and metric; the baseline's figure stands beside it.
with metrics as (

    select * from {{ ref('demand_forecast', 'err_customer_metrics') }}
    union all
    select * from {{ ref('demand_forecast', 'err_product_metrics') }}

)

select
    said.task,
    said.target,
    said.model_version,
    said.predictor,
    said.purpose,
    said.horizon_days,
    said.metric,
    round(said.value, 9) as value,
    round(baseline.value, 9) as baseline_value,
    round({{ demand_forecast.skill('said.metric', 'said.value', 'baseline.value') }}, 9) as skill,
    said.row_count
from metrics as said
inner join metrics as baseline
    on said.task = baseline.task
        and said.target = baseline.target
        and said.model_version = baseline.model_version
        and said.predictor = baseline.predictor
        and said.purpose = baseline.purpose
        and said.horizon_days = baseline.horizon_days
        and said.metric = baseline.metric
        and baseline.forecaster = case when said.predictor = 'baseline' then 'forecast' else 'baseline' end
where said.forecaster = 'forecast'
