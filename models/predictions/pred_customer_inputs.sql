-- One row per request: everything the network reads, shortest history first.
-- The model that follows is Python and takes the var as it is, so it is checked here.
{{ config(materialized='view') }}
{%- do demand_forecast.setting('require_gpu') %}
with contexts as (

    {{ demand_forecast.context_structs() }}

)

select
    requests.customer_id,
    requests.as_of_date,
    requests.input_hash,
    requests.purpose,
    contexts.feature_set_version,
    contexts.context,
    coalesce(
        {{ demand_forecast.list_start('histories.steps', 'requests.position') }}, {{ demand_forecast.empty_list() }}
    ) as steps,
    target_days.days
from {{ ref('demand_forecast', 'pred_customer_requests') }} as requests
inner join contexts on requests.customer_id = contexts.customer_id and requests.as_of_date = contexts.as_of_date
inner join {{ ref('demand_forecast', 'seq_target_days') }} as target_days on requests.as_of_date = target_days.as_of_date
left join {{ ref('demand_forecast', 'seq_customer_histories') }} as histories
    on requests.customer_id = histories.customer_id and requests.block = histories.block
order by requests.position
