-- One row per eligible customer and rank: what to offer the customer, best first, and why. The champion's newest answer, or the
-- baseline's where the champion has not answered; without what a newer stock count found missing.
with answers as (

    select
        ledger.*,
        champion.model_version is not null as is_champions
    from {{ ref('demand_forecast', 'pred_recommendation_ledger') }} as ledger
    inner join {{ ref('demand_forecast', 'seq_recommendation_origins') }} as origins
        on ledger.customer_id = origins.customer_id
            and ledger.as_of_date = origins.as_of_date
            and ledger.input_hash = origins.input_hash
    left join {{ ref('demand_forecast', 'pred_recommendation_champion') }} as champion on ledger.model_version = champion.model_version
    where champion.model_version is not null or ledger.predictor = 'baseline'

),

newest as (

    select
        customer_id,
        max(scored_at) as scored_at,
        max(scored_at) filter (where is_champions) as champion_scored_at
    from answers
    group by customer_id

),

offered as (

    select
        answers.*,
        cast(row_number() over (partition by answers.customer_id order by answers.rank) as integer) as offered_rank
    from answers
    inner join newest on answers.customer_id = newest.customer_id
    where answers.scored_at = coalesce(newest.champion_scored_at, newest.scored_at)
        and answers.is_champions = (newest.champion_scored_at is not null)
        {%- if not demand_forecast.setting('recommend_out_of_stock') %}
        and answers.product_id not in (
            select stock.product_id
            from {{ ref('demand_forecast', 'seq_latest_stock') }} as stock
            where stock.on_hand <= 0
        )
        {%- endif %}

)

select
    customer_id,
    as_of_date,
    offered_rank as rank,
    product_id,
    score,
    reason,
    baseline_rank,
    predictor,
    model_version,
    provider,
    scored_at
from offered
where offered_rank <= {{ demand_forecast.setting('recommendations_k') }}
