-- One row per customer and block: the steps of the block before and of this block, oldest first (1 to 128). A view, since only training
-- reads them all.
{{ config(materialized='view') }}
{{ demand_forecast.customer_histories() }}
