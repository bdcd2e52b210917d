-- One row per request of a customer: everything that the network of recommendations reads.
{{ config(materialized='view') }}
with inputs as (

    {{ demand_forecast.recommendation_inputs(ref('demand_forecast', 'pred_recommendation_candidates')) | indent(4) }}

)

select
    requests.customer_id,
    requests.as_of_date,
    requests.input_hash,
    requests.purpose,
    requests.feature_set_version,
    inputs.context,
    inputs.steps,
    inputs.days
from {{ ref('demand_forecast', 'pred_recommendation_requests') }} as requests
inner join inputs on requests.customer_id = inputs.customer_id and requests.as_of_date = inputs.as_of_date
