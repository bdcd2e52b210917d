-- One row per customer and block: the steps of the block before and of this block, oldest first (1 to 128). A view, since only training
-- reads them all.
{{ config(materialized='view') }}
{{ demand_forecast.block_histories(
    ref('demand_forecast', 'seq_customer_timeline'), 'customer_id', demand_forecast.step_features()
) }}
