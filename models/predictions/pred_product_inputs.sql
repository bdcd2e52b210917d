-- One row per request of a product: everything the network reads, shortest history first.
{{ config(materialized='view') }}
select
    requests.product_id,
    requests.as_of_date,
    requests.input_hash,
    requests.purpose,
    inputs.feature_set_version,
    inputs.context,
    inputs.steps,
    inputs.days
from {{ ref('demand_forecast', 'pred_product_requests') }} as requests
inner join {{ ref('demand_forecast', 'seq_product_inputs') }} as inputs
    on requests.product_id = inputs.product_id and requests.as_of_date = inputs.as_of_date
order by inputs.position
