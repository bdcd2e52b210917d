-- One row per ledger row and horizon whose window has closed: what was said beside what came true. The first forecast of an
-- origin is the one that is judged, never one of an origin that its model has seen in training, nor one of the other basis of units,
-- nor a back-test of events that were mapped otherwise: it is asked again. What was served stays judged, as it was said.
{{ config(materialized='table') }}
with closed as (

    -- Every condition holds for all rows of a customer, origin, horizon, version and purpose, or for none: the first is looked for last.
    select
        said.*,
        outcomes.has_purchased,
        outcomes.units,
        outcomes.revenue
    from {{ ref('demand_forecast', 'pred_customer_horizons') }} as said
    inner join {{ ref('demand_forecast', 'lbl_customer_outcomes') }} as outcomes
        on said.customer_id = outcomes.customer_id
            and said.as_of_date = outcomes.as_of_date
            and said.horizon_days = outcomes.horizon_days
    left join {{ demand_forecast.registry_relation('model_registry') }} as registry on said.model_version = registry.model_version
    where said.predictor = 'baseline' or said.as_of_date >= registry.trained_through_date

),

first_said as (

    select *
    from closed
    where feature_set_version like '%-{{ demand_forecast.setting('units_basis') }}'
        and (purpose <> 'backtest' or mapping_hash = {{ demand_forecast.mapping_hash() }})
    qualify row_number() over (
        partition by customer_id, as_of_date, horizon_days, model_version, purpose
        order by scored_at, input_hash
    ) = 1

)

select
    'customer_demand' as task,
    customer_id,
    as_of_date,
    horizon_days,
    model_version,
    predictor,
    purpose,
    purchase_probability,
    has_purchased as actual_purchased,
    expected_units,
    units as actual_units,
    expected_revenue,
    revenue as actual_revenue,
    baseline_probability,
    baseline_units,
    baseline_revenue,
    round({{ demand_forecast.squared_error('purchase_probability', 'has_purchased') }}, 9) as squared_error,
    round({{ demand_forecast.log_loss('purchase_probability', 'has_purchased') }}, 9) as log_loss
from first_said
