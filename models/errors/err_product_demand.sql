-- One row per product ledger row and horizon whose window has closed, with every day of it in stock: what was said beside what came
-- true. As for customers, the first forecast of an origin is judged, and none of an origin that its model has seen in training.
{{ config(materialized='table') }}
with horizons as (

    {{ demand_forecast.horizon_rows() }}

),

first_said as (

    select *
    from {{ ref('demand_forecast', 'pred_product_ledger') }}
    where feature_set_version like '%-{{ demand_forecast.setting('units_basis') }}'
        and (purpose <> 'backtest' or mapping_hash = {{ demand_forecast.mapping_hash() }})
    qualify row_number() over (
        partition by product_id, as_of_date, model_version, purpose
        order by scored_at, input_hash
    ) = 1

),

windows as (

    select
        first_said.*,
        horizons.horizon_days
    from first_said
    cross join horizons
    cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
    left join {{ demand_forecast.registry_relation('model_registry') }} as registry
        on first_said.model_version = registry.model_version
    where {{ demand_forecast.add_days('first_said.as_of_date', 'horizons.horizon_days') }} <= cuts.latest_origin_date
        and horizons.horizon_days <= {{ demand_forecast.list_length('first_said.expected_units') }}
        and (first_said.predictor = 'baseline' or first_said.as_of_date >= registry.trained_through_date)

),

actual as (

    select
        windows.product_id,
        windows.as_of_date,
        windows.horizon_days,
        sum(days.units) as actual_units
    from (select distinct product_id, as_of_date, horizon_days from windows) as windows
    inner join {{ ref('demand_forecast', 'lbl_product_days') }} as days
        on windows.product_id = days.product_id
            and days.event_date > windows.as_of_date
            and days.event_date <= {{ demand_forecast.add_days('windows.as_of_date', 'windows.horizon_days') }}
    group by windows.product_id, windows.as_of_date, windows.horizon_days
    having count(*) = windows.horizon_days

)

select
    'product_demand' as task,
    windows.product_id,
    windows.as_of_date,
    windows.horizon_days,
    windows.model_version,
    windows.predictor,
    windows.purpose,
    round(cast({{ demand_forecast.list_total(demand_forecast.list_start('windows.expected_units', 'windows.horizon_days')) }} as double), 6) as expected_units,
    round(cast({{ demand_forecast.list_total(demand_forecast.list_start('windows.baseline_units', 'windows.horizon_days')) }} as double), 6) as baseline_units,
    {%- for name, level, normal in demand_forecast.product_quantiles().cumulative %}
    cast({{ demand_forecast.list_item('windows.' ~ name, 'windows.horizon_days') }} as double) as {{ name }},
    {%- endfor %}
    round(actual.actual_units, 9) as actual_units
from windows
inner join actual
    on windows.product_id = actual.product_id
        and windows.as_of_date = actual.as_of_date
        and windows.horizon_days = actual.horizon_days
