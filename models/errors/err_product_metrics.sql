-- One row per group of judged product forecasts, forecaster, target and metric, pooled over products and origins.
{%- set group_columns = demand_forecast.error_group() %}
with forecasters as (

    {%- for forecaster, mean in [('forecast', 'expected_units'), ('baseline', 'baseline_units')] %}
    select
        task,
        model_version,
        predictor,
        purpose,
        horizon_days,
        '{{ forecaster }}' as forecaster,
        {{ mean }} as expected_units,
        actual_units
    from {{ ref('demand_forecast', 'err_product_demand') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

wide as (

    select
        {{ group_columns }},
        count(*) as row_count,
        {{ demand_forecast.wape('expected_units', 'actual_units') }} as units__wape,
        {{ demand_forecast.bias('expected_units', 'actual_units') }} as units__bias
    from forecasters
    group by {{ group_columns }}

)

{%- for name in ['units__wape', 'units__bias'] %}
{{ 'union all' if not loop.first }}
select
    {{ group_columns }},
    '{{ name.split('__')[0] }}' as target,
    '{{ name.split('__')[1] }}' as metric,
    cast({{ name }} as double) as value,
    row_count
from wide
{%- endfor %}
