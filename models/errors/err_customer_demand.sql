-- One row per ledger row and horizon whose window has closed: what was said beside what came true. The first forecast of an
-- origin is the one that is judged, never one of an origin that its model has seen in training, nor one of the other basis of units,
-- nor a back-test of events that were mapped otherwise: it is asked again. What was served stays judged, as it was said.
{{ config(materialized='table') }}
with closed as (

    -- Only for these are days added up.
    select
        {{ demand_forecast.horizon_facts('ledger', 'outcomes.horizon_days') | indent(4) }},
        outcomes.has_purchased,
        outcomes.units,
        outcomes.revenue
    from {{ ref('demand_forecast', 'pred_customer_ledger') }} as ledger
    inner join {{ ref('demand_forecast', 'lbl_customer_outcomes') }} as outcomes
        on ledger.customer_id = outcomes.customer_id
            and ledger.as_of_date = outcomes.as_of_date
            and outcomes.horizon_days <= {{ demand_forecast.list_length('ledger.purchase_probability') }}

),

first_said as (

    -- Of the rows that count, the first one; those that do not count leave before it is looked for.
    select closed.*
    from closed
    left join {{ demand_forecast.registry_relation('model_registry') }} as registry on closed.model_version = registry.model_version
    where (closed.predictor = 'baseline' or closed.as_of_date >= registry.trained_through_date)
        and closed.feature_set_version like '%-{{ demand_forecast.setting('units_basis') }}'
        and (closed.purpose <> 'backtest' or closed.mapping_hash = {{ demand_forecast.mapping_hash() }})
    qualify row_number() over (
        partition by closed.customer_id, closed.as_of_date, closed.horizon_days, closed.model_version, closed.purpose
        order by closed.scored_at, closed.input_hash
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
