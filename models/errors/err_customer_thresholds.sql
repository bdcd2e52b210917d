-- One row per group of judged forecasts, forecaster and distinct probability: how many rows and purchases lie at it, above it
-- and below it. Ranking metrics follow from these counts, pooled over customers and days.
with counted as (

    select
        {{ demand_forecast.error_group() }},
        purchase_probability,
        count(*) as row_count,
        count(*) filter (where actual_purchased) as purchase_count
    from {{ ref('demand_forecast', 'err_customer_forecasts') }}
    group by {{ demand_forecast.error_group() }}, purchase_probability

)

select
    *,
    sum(row_count) over (partition by {{ demand_forecast.error_group() }} order by purchase_probability desc) as rows_from,
    sum(purchase_count) over (partition by {{ demand_forecast.error_group() }} order by purchase_probability desc) as purchases_from,
    sum(row_count - purchase_count) over (partition by {{ demand_forecast.error_group() }} order by purchase_probability) as others_through
from counted
