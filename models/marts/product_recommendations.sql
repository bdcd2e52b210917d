-- One row per eligible customer and rank: what to offer the customer, best first, and why.
select
    ledger.customer_id,
    ledger.as_of_date,
    ledger.rank,
    ledger.product_id,
    ledger.score,
    ledger.reason,
    ledger.baseline_rank,
    ledger.predictor,
    ledger.model_version,
    ledger.provider,
    ledger.scored_at
from {{ ref('demand_forecast', 'pred_recommendation_ledger') }} as ledger
inner join {{ ref('demand_forecast', 'seq_recommendation_origins') }} as origins
    on ledger.customer_id = origins.customer_id
        and ledger.as_of_date = origins.as_of_date
        and ledger.input_hash = origins.input_hash
left join {{ ref('demand_forecast', 'pred_recommendation_champion') }} as champion on ledger.model_version = champion.model_version
where champion.model_version is not null or ledger.predictor = 'baseline'
qualify dense_rank() over (
    partition by ledger.customer_id order by champion.model_version nulls last, ledger.scored_at desc
) = 1
