-- Every customer that is eligible at the latest origin has exactly one forecast for each horizon.
select
    origins.customer_id,
    count(forecasts.horizon_days) as horizon_count
from {{ ref('demand_forecast', 'seq_origins') }} as origins
left join {{ ref('demand_forecast', 'customer_forecasts') }} as forecasts
    on origins.customer_id = forecasts.customer_id and origins.as_of_date = forecasts.as_of_date
where origins.role = 'latest'
group by origins.customer_id
having count(forecasts.horizon_days) <> {{ demand_forecast.horizons() | length }}
