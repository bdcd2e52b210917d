-- One row per product, lead time and level: how many units the days up to the lead time will need at most, with the probability of
-- the level. It never falls with the level, nor with the lead time.
with days_ahead as (

    select {{ demand_forecast.number_series(1, demand_forecast.setting('max_horizon_days')) }} as lead_days

)

{%- for name, level, normal in demand_forecast.product_quantiles().cumulative %}
select
    serving.product_id,
    serving.as_of_date,
    days_ahead.lead_days,
    cast({{ level }} as double) as level,
    round(cast({{ demand_forecast.list_item('serving.' ~ name, 'days_ahead.lead_days') }} as double), 6) as cumulative_units,
    serving.predictor,
    serving.model_version
from {{ ref('demand_forecast', 'pred_product_serving') }} as serving
cross join days_ahead
{{ 'union all' if not loop.last }}
{%- endfor %}
