-- One row per origin (the latest one, and test origins), horizon and target (units, revenue): what the customers' forecasts and the
-- products' expect of the whole shop, each with those it has not seen yet, and their relative errors; null while the window is open,
-- and where a side is missing. An error is of the customers or products that were forecast, in a sample of them too.
{{ config(materialized='table') }}
with products as (

    select
        as_of_date,
        horizon_days,
        target,
        round(sum(expected), 9) as expected,
        round(sum(actual), 9) as actual
    from {{ ref('demand_forecast', 'err_outlook_parts') }}
    group by as_of_date, horizon_days, target

)

select
    coalesce(customers.as_of_date, products.as_of_date) as as_of_date,
    coalesce(customers.horizon_days, products.horizon_days) as horizon_days,
    coalesce(customers.target, products.target) as target,
    customers.expected as customer_expected,
    customers.actual as customer_actual,
    round(customers.expected / nullif(customers.actual, 0) - 1, 9) as customer_error,
    customers.new_share,
    products.expected as product_expected,
    products.actual as product_actual,
    round(products.expected / nullif(products.actual, 0) - 1, 9) as product_error,
    coalesce(products.actual, customers.actual) as actual
from {{ ref('demand_forecast', 'err_outlook_customers') }} as customers
full outer join products
    on customers.as_of_date = products.as_of_date and customers.horizon_days = products.horizon_days and customers.target = products.target
