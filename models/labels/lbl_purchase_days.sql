-- One row per customer and day with a purchase: units and revenue as demand counts them.
{{ config(materialized='view') }}
select
    customer_id,
    event_date,
    {{ demand_forecast.demand_units() }} as units,
    {{ demand_forecast.demand_revenue() }} as revenue
from {{ ref('demand_forecast', 'seq_customer_steps') }}
where purchase_count > 0
