-- One row per product at the latest origin: the serving version's answer to today's inputs, or the baseline's where the network
-- could not be run.
{{ config(materialized='view') }}
select ledger.*
from {{ ref('demand_forecast', 'pred_product_ledger') }} as ledger
inner join {{ ref('demand_forecast', 'seq_product_origins') }} as origins
    on ledger.product_id = origins.product_id
        and ledger.as_of_date = origins.as_of_date
        and ledger.input_hash = origins.input_hash
left join {{ ref('demand_forecast', 'pred_product_champion') }} as champion on ledger.model_version = champion.model_version
where origins.role = 'latest'
    and ledger.purpose = 'served'
    and (champion.model_version is not null or ledger.predictor = 'baseline')
qualify row_number() over (partition by ledger.product_id order by champion.model_version nulls last, ledger.scored_at desc) = 1
