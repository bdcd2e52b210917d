-- One row per group of judged forecasts, forecaster and bin: ten bins of equal size by forecast probability. A table,
-- since two marts read what takes a sort of every judged forecast.
{{ config(materialized='table') }}
with binned as (

    select
        *,
        ntile(10) over (
            partition by {{ demand_forecast.error_group() }}
            order by purchase_probability, customer_id, as_of_date
        ) as bin
    from {{ ref('demand_forecast', 'err_customer_forecasts') }}

)

select
    {{ demand_forecast.error_group() }},
    bin,
    -- rounded, because parallel sums of doubles differ in their last digits from one build to the next
    round(avg(purchase_probability), 12) as predicted_mean,
    round(avg(case when actual_purchased then 1.0 else 0.0 end), 12) as actual_mean,
    count(*) as row_count
from binned
group by {{ demand_forecast.error_group() }}, bin
