-- One row per request of a customer and rank: the product to offer, by the network where one serves, else by the baseline, and why.
-- Some ranks more than are shown are kept, for what sells out within the day.
{{ config(materialized='view') }}
{%- set most = demand_forecast.setting('recommendations_k') + demand_forecast.spare_recommendations() %}
with ranks as (

    select {{ demand_forecast.number_series(1, most) }} as rank

),

said as (

    select
        scores.customer_id,
        scores.model_version,
        scores.provider,
        ranks.rank,
        cast({{ demand_forecast.list_item('scores.place', 'ranks.rank') }} as integer) as place,
        exp(cast({{ demand_forecast.list_item('scores.score', 'ranks.rank') }} as double)) as score
    from {{ ref('demand_forecast', 'pred_recommendation_model') }} as scores
    cross join ranks

),

ranked as (

    select *
    from said
    where place > 0
    union all
    select
        requests.customer_id,
        'baseline' as model_version,
        'SQL' as provider,
        ranks.rank,
        ranks.rank as place,
        null as score
    from {{ ref('demand_forecast', 'pred_recommendation_requests') }} as requests
    cross join ranks
    where requests.customer_id not in (select said.customer_id from said)

)

select
    requests.customer_id,
    requests.as_of_date,
    requests.input_hash,
    requests.purpose,
    requests.feature_set_version,
    requests.mapping_hash,
    ranked.model_version,
    coalesce(registry.predictor, 'baseline') as predictor,
    ranked.provider,
    ranked.rank,
    candidates.product_id,
    round(cast(coalesce(ranked.score, candidates.baseline_score) as double), 6) as score,
    {{ demand_forecast.recommendation_reason() }} as reason,
    cast(candidates.place as integer) as baseline_rank
from {{ ref('demand_forecast', 'pred_recommendation_requests') }} as requests
inner join ranked on requests.customer_id = ranked.customer_id
inner join {{ ref('demand_forecast', 'pred_recommendation_candidates') }} as candidates
    on ranked.customer_id = candidates.customer_id and ranked.place = candidates.place
left join {{ demand_forecast.registry_relation('model_registry') }} as registry on ranked.model_version = registry.model_version
where candidates.is_offered > 0
