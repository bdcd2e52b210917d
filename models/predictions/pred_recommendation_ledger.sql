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
left join {{ this }} as said
    on answers.customer_id = said.customer_id
        and answers.as_of_date = said.as_of_date
        and answers.input_hash = said.input_hash
        and answers.model_version = said.model_version
        and answers.purpose = said.purpose
where said.customer_id is null
{%- endif %}
