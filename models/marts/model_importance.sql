-- One row per version that serves, horizon and group of features: how much the group moves forecasts, over all eligible customers.
with moved as (

    select
        'customer_demand' as task,
        model_version,
        as_of_date,
        horizon_days,
        driver_group,
        avg(abs(contribution)) as mean_contribution,
        count(*) as customer_count
    from {{ ref('demand_forecast', 'prediction_drivers') }}
    group by model_version, as_of_date, horizon_days, driver_group

)

select
    task,
    model_version,
    as_of_date,
    horizon_days,
    driver_group,
    cast(row_number() over (
        partition by model_version, horizon_days
        order by mean_contribution desc, driver_group
    ) as integer) as rank,
    round(mean_contribution, 8) as mean_contribution,
    round(mean_contribution / nullif(sum(mean_contribution) over (partition by model_version, horizon_days), 0), 8) as share,
    customer_count
from moved
