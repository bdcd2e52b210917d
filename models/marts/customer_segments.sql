-- One row per eligible customer at the latest origin: the one segment that the customer belongs to, and what puts it there.
select
    segments.customer_id,
    segments.as_of_date,
    segments.segment,
    cast(segments.recency_days as integer) as recency_days,
    segments.frequency,
    segments.monetary_value,
    segments.churn_days,
    segments.purchase_probability,
    segments.churn_probability,
    segments.predictor,
    segments.model_version
from {{ ref('demand_forecast', 'pred_customer_segments') }} as segments
inner join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts on segments.as_of_date = cuts.latest_origin_date
