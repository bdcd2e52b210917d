-- One row per product and day in stock: units as demand counts them, zeros included. A day out of stock has no row.
{{ config(materialized='view') }}
select
    product_id,
    event_date,
    units
from {{ ref('demand_forecast', 'seq_product_timeline') }}
where is_in_stock > 0
