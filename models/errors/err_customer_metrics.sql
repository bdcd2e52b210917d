-- One row per group of judged forecasts, forecaster, target and metric. A metric that its rows do not define (no purchase,
-- say) is null.
{%- set group_columns = demand_forecast.error_group() %}
with pointwise as (

    select
        {{ group_columns }},
        count(*) as row_count,
        avg({{ demand_forecast.log_loss('purchase_probability', 'actual_purchased') }}) as purchase__log_loss,
        avg({{ demand_forecast.squared_error('purchase_probability', 'actual_purchased') }}) as purchase__brier,
        {{ demand_forecast.precision('purchase_probability', 'actual_purchased') }} as purchase__precision,
        {{ demand_forecast.recall('purchase_probability', 'actual_purchased') }} as purchase__recall,
        {{ demand_forecast.bias('purchase_probability', 'case when actual_purchased then 1 else 0 end') }} as purchase__bias,
        {{ demand_forecast.wape('expected_units', 'actual_units') }} as units__wape,
        {{ demand_forecast.bias('expected_units', 'actual_units') }} as units__bias,
        {{ demand_forecast.wape('expected_revenue', 'actual_revenue') }} as revenue__wape,
        {{ demand_forecast.bias('expected_revenue', 'actual_revenue') }} as revenue__bias
    from {{ ref('demand_forecast', 'err_customer_forecasts') }}
    group by {{ group_columns }}

),

ranked as (

    select
        {{ group_columns }},
        {{ demand_forecast.auroc() }} as purchase__auroc,
        {{ demand_forecast.average_precision() }} as purchase__average_precision
    from {{ ref('demand_forecast', 'err_customer_thresholds') }}
    group by {{ group_columns }}

),

calibrated as (

    select
        {{ group_columns }},
        {{ demand_forecast.calibration_error() }} as purchase__calibration_error
    from {{ ref('demand_forecast', 'err_customer_bins') }}
    group by {{ group_columns }}

),

wide as (

    select
        pointwise.*,
        ranked.purchase__auroc,
        ranked.purchase__average_precision,
        calibrated.purchase__calibration_error
    from pointwise
    inner join ranked on {{ demand_forecast.same_error_group('pointwise', 'ranked') }}
    inner join calibrated on {{ demand_forecast.same_error_group('pointwise', 'calibrated') }}

)

{%- for name in ['purchase__log_loss', 'purchase__brier', 'purchase__auroc', 'purchase__average_precision',
                 'purchase__calibration_error', 'purchase__precision', 'purchase__recall', 'purchase__bias',
                 'units__wape', 'units__bias', 'revenue__wape', 'revenue__bias'] %}
{{ 'union all' if not loop.first }}
select
    {{ group_columns }},
    '{{ name.split('__')[0] }}' as target,
    '{{ name.split('__')[1] }}' as metric,
    cast({{ name }} as double) as value,
    row_count
from wide
{%- endfor %}
