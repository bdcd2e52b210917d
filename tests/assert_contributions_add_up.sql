-- Base and contributions of every customer and horizon are the forecast that is served, to the digits that it is served with.
{{ config(enabled=(var('prediction_drivers') is true or project_name == 'demand_forecast')) }}
select
    customer_id,
    horizon_days,
    max(base_value) + sum(contribution) as told,
    max(purchase_probability) as served
from {{ ref('demand_forecast', 'prediction_drivers') }}
group by customer_id, horizon_days
having abs(max(base_value) + sum(contribution) - max(purchase_probability)) > 1e-5
