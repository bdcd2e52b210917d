-- One row per customer, origin, input, model version, purpose and rank: what was recommended. Append-only.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='fail'
) }}
select
    answers.*,
    cast('{{ run_started_at.strftime('%Y-%m-%d %H:%M:%S') }}' as timestamp) as scored_at
from {{ ref('demand_forecast', 'pred_recommendation_answers') }} as answers
{%- if is_incremental() %}
where not exists (
    select 1
    from {{ this }} as said
    where said.customer_id = answers.customer_id
        and said.as_of_date = answers.as_of_date
        and said.input_hash = answers.input_hash
        and said.model_version = answers.model_version
        and said.purpose = answers.purpose
)
{%- endif %}
