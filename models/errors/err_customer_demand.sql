-- One row per ledger row and horizon whose window has closed: what was said beside what came true. The first forecast of an
-- origin is the one that is judged, never one of an origin that its model has seen in training, nor one of the other basis of units,
-- nor a back-test of events that were mapped otherwise: it is asked again. What was served stays judged, as it was said.
{{ config(materialized='table') }}
with first_said as (

    select *
    from {{ ref('demand_forecast', 'pred_customer_horizons') }}
    where feature_set_version like '%-{{ demand_forecast.setting('units_basis') }}'
        and (purpose <> 'backtest' or mapping_hash = {{ demand_forecast.mapping_hash() }})
    qualify row_number() over (
        partition by customer_id, as_of_date, horizon_days, model_version, purpose
        order by scored_at, input_hash
    ) = 1

),

out_of_sample as (

    select first_said.*
    from first_said
    left join {{ demand_forecast.registry_relation('model_registry') }} as registry
        on first_said.model_version = registry.model_version
    where first_said.predictor = 'baseline' or first_said.as_of_date >= registry.trained_through_date

)

select
    'customer_demand' as task,
    said.customer_id,
    said.as_of_date,
    said.horizon_days,
    said.model_version,
    said.predictor,
    said.purpose,
    said.purchase_probability,
    outcomes.has_purchased as actual_purchased,
    said.expected_units,
    outcomes.units as actual_units,
    said.expected_revenue,
    outcomes.revenue as actual_revenue,
    said.baseline_probability,
    said.baseline_units,
    said.baseline_revenue,
    round({{ demand_forecast.squared_error('said.purchase_probability', 'outcomes.has_purchased') }}, 9) as squared_error,
    round({{ demand_forecast.log_loss('said.purchase_probability', 'outcomes.has_purchased') }}, 9) as log_loss
from out_of_sample as said
inner join {{ ref('demand_forecast', 'lbl_customer_outcomes') }} as outcomes
    on said.customer_id = outcomes.customer_id
        and said.as_of_date = outcomes.as_of_date
        and said.horizon_days = outcomes.horizon_days
