-- Units and revenue of all categories together are the sums of the categories'.
select
    horizon_days,
    sum(case when is_total then expected_units else -expected_units end) as units_left,
    sum(case when is_total then expected_revenue else -expected_revenue end) as revenue_left
from {{ ref('demand_forecast', 'demand_outlook') }}
group by horizon_days
having abs(units_left) > 0.000001 or abs(revenue_left) > 0.000001 or count(*) filter (where is_total) <> 1
