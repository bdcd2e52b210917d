-- One row per product, origin, input, model version and purpose: what was said about each of the next days, and what the baseline
-- said. Append-only. A request without a model's score is answered by the baseline.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='fail'
) }}
{%- set scored_at = "cast('" ~ run_started_at.strftime('%Y-%m-%d %H:%M:%S') ~ "' as timestamp)" %}
with answered as (

    select
        requests.product_id,
        requests.as_of_date,
        requests.input_hash,
        requests.purpose,
        requests.feature_set_version,
        requests.mapping_hash,
        coalesce(scores.model_version, 'baseline') as model_version,
        case when scores.model_version is null then 'baseline' else registry.predictor end as predictor,
        coalesce(scores.provider, 'SQL') as provider,
        {%- for name in demand_forecast.product_lists() %}
        coalesce(scores.{{ name }}, baseline.{{ name }}) as {{ name }},
        {%- endfor %}
        baseline.expected_units as baseline_units,
        baseline.units_p50 as baseline_p50,
        {{ scored_at }} as scored_at
    from {{ ref('demand_forecast', 'pred_product_requests') }} as requests
    inner join {{ ref('demand_forecast', 'pred_product_baseline') }} as baseline
        on requests.product_id = baseline.product_id
            and requests.as_of_date = baseline.as_of_date
            and requests.purpose = baseline.purpose
    left join {{ ref('demand_forecast', 'pred_product_model') }} as scores
        on requests.product_id = scores.product_id
            and requests.as_of_date = scores.as_of_date
            and requests.purpose = scores.purpose
    left join {{ demand_forecast.registry_relation('model_registry') }} as registry
        on scores.model_version = registry.model_version

)

select answered.*
from answered
{%- if is_incremental() %}
left join {{ this }} as said
    on answered.product_id = said.product_id
        and answered.as_of_date = said.as_of_date
        and answered.input_hash = said.input_hash
        and answered.model_version = said.model_version
        and answered.purpose = said.purpose
where said.product_id is null
{%- endif %}
