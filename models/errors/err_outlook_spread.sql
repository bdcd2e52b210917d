-- One row per horizon, target and category, and one of all categories together (is_total): the root mean squared error of the outlook over
-- test origins whose windows have closed, relative to what it expected. The days that surprise a shop surprise all its customers, so it is
-- measured on totals and not made of the errors of customers. A horizon with fewer than a week of such windows has the spread of the longest
-- shorter one that has them. No category is surer than the total.
with windows as (

    select as_of_date, horizon_days, target, category, false as is_total, expected, actual
    from {{ ref('demand_forecast', 'err_outlook') }}
    where actual is not null
    union all
    select as_of_date, horizon_days, target, 'all' as category, true as is_total, sum(expected) as expected, sum(actual) as actual
    from {{ ref('demand_forecast', 'err_outlook') }}
    where actual is not null
    group by as_of_date, horizon_days, target

),

judged as (

    select
        horizon_days as judged_horizon_days,
        target,
        category,
        is_total,
        count(*) as window_count,
        sqrt(sum(pow(expected - actual, 2)) / nullif(sum(pow(expected, 2)), 0)) as spread
    from windows
    group by horizon_days, target, category, is_total

),

horizons as (

    {{ demand_forecast.horizon_rows() }}

),

chosen as (

    select
        horizons.horizon_days,
        judged.*
    from horizons
    inner join judged on horizons.horizon_days >= judged.judged_horizon_days
    qualify {{ demand_forecast.longest_judged('horizons.horizon_days, judged.target, judged.category, judged.is_total', 'judged.judged_horizon_days', 'judged.window_count') }}

)

select
    horizon_days,
    target,
    category,
    is_total,
    judged_horizon_days,
    window_count,
    round(greatest(spread, max(case when is_total then spread end) over (partition by horizon_days, target)), 9) as spread
from chosen
