-- One row per product, origin and purpose that its version has not scored yet. The ledger is read through the graph, not by ref,
-- since request -> model -> ledger -> request would be a cycle.
{{ demand_forecast.unscored_requests(
    'product_id',
    ref('demand_forecast', 'seq_product_origins'),
    ref('demand_forecast', 'pred_product_champion'),
    ref('demand_forecast', 'pred_product_evaluated'),
    demand_forecast.relation_of_model('pred_product_ledger')
) }}
