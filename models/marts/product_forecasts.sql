-- One row per product and target day, of the next max_horizon_days after the latest origin.
with days_ahead as (

    select {{ demand_forecast.number_series(1, demand_forecast.setting('max_horizon_days')) }} as day_number

)

select
    serving.product_id,
    serving.as_of_date,
    {{ demand_forecast.add_days('serving.as_of_date', 'days_ahead.day_number') }} as forecast_date,
    {%- for name in ['expected_units'] + demand_forecast.product_quantiles().daily | map('first') | list + ['baseline_units'] %}
    round(cast({{ demand_forecast.list_item('serving.' ~ name, 'days_ahead.day_number') }} as double), 6) as {{ name }},
    {%- endfor %}
    serving.predictor,
    serving.model_version,
    serving.provider,
    serving.scored_at
from {{ ref('demand_forecast', 'pred_product_serving') }} as serving
cross join days_ahead
