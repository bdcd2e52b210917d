-- One row per product and block of 64 days: the days of the block before and of this block, oldest first (1 to 128).
{{ demand_forecast.block_histories(
    ref('demand_forecast', 'seq_product_timeline'), 'product_id', demand_forecast.product_day_features()
) }}
