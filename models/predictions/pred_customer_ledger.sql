-- One row per customer, origin, input, model version and purpose: what was said about each of the next days, and what the
-- baseline said. Append-only. A request without a model's score is answered by the baseline.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='fail'
) }}
{%- set scored_at = "cast('" ~ run_started_at.strftime('%Y-%m-%d %H:%M:%S') ~ "' as timestamp)" %}
with answered as (

    select
        requests.customer_id,
        requests.as_of_date,
        requests.input_hash,
        requests.purpose,
        requests.feature_set_version,
        requests.mapping_hash,
        coalesce(scores.model_version, 'baseline') as model_version,
        case when scores.model_version is null then 'baseline' else registry.predictor end as predictor,
        coalesce(scores.provider, 'SQL') as provider,
        coalesce(scores.purchase_hazard, baseline.purchase_hazard) as purchase_hazard,
        coalesce(scores.purchase_probability, baseline.purchase_probability) as purchase_probability,
        coalesce(scores.expected_units, baseline.expected_units) as expected_units,
        coalesce(scores.expected_revenue, baseline.expected_revenue) as expected_revenue,
        baseline.purchase_probability as baseline_probability,
        baseline.expected_units as baseline_units,
        baseline.expected_revenue as baseline_revenue,
        {{ scored_at }} as scored_at
    from {{ ref('demand_forecast', 'pred_customer_requests') }} as requests
    inner join {{ ref('demand_forecast', 'pred_customer_baseline') }} as baseline
        on requests.customer_id = baseline.customer_id and requests.as_of_date = baseline.as_of_date
    left join {{ ref('demand_forecast', 'pred_customer_model') }} as scores
        on requests.customer_id = scores.customer_id
            and requests.as_of_date = scores.as_of_date
            and requests.input_hash = scores.input_hash
            and requests.purpose = scores.purpose
    left join {{ demand_forecast.registry_relation('model_registry') }} as registry
        on scores.model_version = registry.model_version

)

select answered.*
from answered
{%- if is_incremental() %}
left join {{ this }} as said
    on answered.customer_id = said.customer_id
        and answered.as_of_date = said.as_of_date
        and answered.input_hash = said.input_hash
        and answered.model_version = said.model_version
        and answered.purpose = said.purpose
where said.customer_id is null
{%- endif %}
