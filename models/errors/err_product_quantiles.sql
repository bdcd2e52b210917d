-- One row per model version, predictor, purpose, horizon and level: how often demand over the horizon stayed below the quantile and
-- at or below it, and its pinball loss. A count's quantile is right where the level lies between the two shares.
{%- for name, level, normal in demand_forecast.product_quantiles().cumulative %}
select
    task,
    model_version,
    predictor,
    purpose,
    horizon_days,
    cast({{ level }} as double) as level,
    avg(case when actual_units < {{ name }} then 1.0 else 0.0 end) as share_below,
    avg(case when actual_units <= {{ name }} then 1.0 else 0.0 end) as share_at_or_below,
    {{ demand_forecast.pinball(name, 'actual_units', level) }} as pinball,
    count(*) as row_count
from {{ ref('demand_forecast', 'err_product_demand') }}
group by task, model_version, predictor, purpose, horizon_days
{{ 'union all' if not loop.last }}
{%- endfor %}
