-- One row per customer, origin and purpose that its version has not scored yet. The ledger is read through the graph, not by ref,
-- since request -> model -> ledger -> request would be a cycle.
{{ demand_forecast.unscored_requests(
    'customer_id',
    ref('demand_forecast', 'seq_origins'),
    ref('demand_forecast', 'pred_champion'),
    ref('demand_forecast', 'pred_evaluated'),
    demand_forecast.relation_of_model('pred_customer_ledger')
) }}
