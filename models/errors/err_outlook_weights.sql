-- One row per origin, horizon and target: how much the customer side weighs beside the product side, by the inverse of their mean squared
-- relative errors over the test origins whose windows had closed by the origin; one that sold nothing has none. A horizon with
-- fewer than a week of such windows takes the weight of the longest shorter one that has them; without any error both sides weigh the
-- same, and a side without the other all.
with windows as (

    select *, {{ demand_forecast.add_days('as_of_date', 'horizon_days') }} as closed_date
    from {{ ref('demand_forecast', 'err_outlook_sides') }}
    where customer_error is not null and product_error is not null

),

measured as (

    select
        sides.as_of_date,
        sides.horizon_days,
        sides.target,
        windows.horizon_days as judged_horizon_days,
        count(*) as window_count,
        avg(pow(windows.customer_error, 2)) as customer_error,
        avg(pow(windows.product_error, 2)) as product_error
    from {{ ref('demand_forecast', 'err_outlook_sides') }} as sides
    inner join windows
        on sides.target = windows.target
            and sides.horizon_days >= windows.horizon_days
            and sides.as_of_date >= windows.closed_date
    group by sides.as_of_date, sides.horizon_days, sides.target, windows.horizon_days
    qualify {{ demand_forecast.longest_judged('sides.as_of_date, sides.horizon_days, sides.target', 'windows.horizon_days', 'count(*)') }}

)

select
    sides.as_of_date,
    sides.horizon_days,
    sides.target,
    coalesce(measured.window_count, 0) as window_count,
    measured.judged_horizon_days,
    case
        when sides.customer_expected is null then 0
        when coalesce(sides.product_expected, 0) = 0 then 1
        else coalesce(round(measured.product_error / nullif(measured.customer_error + measured.product_error, 0), 9), 0.5)
    end as customer_weight
from {{ ref('demand_forecast', 'err_outlook_sides') }} as sides
left join measured
    on sides.as_of_date = measured.as_of_date and sides.horizon_days = measured.horizon_days and sides.target = measured.target
