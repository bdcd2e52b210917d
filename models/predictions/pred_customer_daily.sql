-- One row per eligible customer at the latest origin: what serves is said of each of the next days, as lists.
{{ config(materialized='view') }}
with serving as (

    select distinct
        customer_id,
        as_of_date,
        input_hash,
        model_version
    from {{ ref('demand_forecast', 'pred_customer_serving') }}

)

select ledger.*
from {{ ref('demand_forecast', 'pred_customer_ledger') }} as ledger
inner join serving
    on ledger.customer_id = serving.customer_id
        and ledger.as_of_date = serving.as_of_date
        and ledger.input_hash = serving.input_hash
        and ledger.model_version = serving.model_version
where ledger.purpose = 'served'
