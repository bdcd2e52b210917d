-- One row per request: everything the network reads, shortest history first.
-- The model that follows is Python and takes the var as it is, so it is checked here.
{{ config(materialized='view') }}
{%- do demand_forecast.setting('require_gpu') %}
with inputs as (

    {{ demand_forecast.customer_inputs(ref('demand_forecast', 'pred_customer_requests')) | indent(4) }}

)

select
    requests.customer_id,
    requests.as_of_date,
    requests.input_hash,
    requests.purpose,
    inputs.feature_set_version,
    inputs.context,
    inputs.steps,
    inputs.days
from {{ ref('demand_forecast', 'pred_customer_requests') }} as requests
inner join inputs on requests.customer_id = inputs.customer_id and requests.as_of_date = inputs.as_of_date
order by inputs.position
