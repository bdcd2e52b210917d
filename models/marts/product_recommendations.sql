-- One row per eligible customer and rank: what to offer the customer, best first, and why.
select
    customer_id,
    as_of_date,
    cast(row_number() over (partition by customer_id order by place) as integer) as rank,
    product_id,
    round(cast(baseline_score as double), 6) as score,
    {{ demand_forecast.recommendation_reason() }} as reason,
    'baseline' as predictor,
    'baseline' as model_version,
    'SQL' as provider
from {{ ref('demand_forecast', 'seq_recommendation_candidates') }}
qualify rank <= {{ demand_forecast.setting('recommendations_k') }}
