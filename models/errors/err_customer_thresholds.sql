-- One row per group of judged forecasts, forecaster and distinct probability: how many rows and purchases lie at it, and at it or above
-- it. Ranking metrics follow from these counts, pooled over customers and days. They are doubles, exact below 2^53, whose running sums cost
-- half of those of whole numbers of 128 bits.
with counted as (

    select
        {{ demand_forecast.error_group() }},
        purchase_probability,
        cast(count(*) as double) as row_count,
        cast(count(*) filter (where actual_purchased) as double) as purchase_count
    from {{ ref('demand_forecast', 'err_customer_forecasts') }}
    group by {{ demand_forecast.error_group() }}, purchase_probability

)

select
    *,
    sum(row_count) over (partition by {{ demand_forecast.error_group() }} order by purchase_probability desc) as rows_from,
    sum(purchase_count) over (partition by {{ demand_forecast.error_group() }} order by purchase_probability desc) as purchases_from
from counted
