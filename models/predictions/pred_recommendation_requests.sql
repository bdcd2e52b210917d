-- One row per eligible customer at the latest origin for whom the serving version has not answered today's inputs yet. The ledger is
-- read through the graph, not by ref, since request -> model -> ledger -> request would be a cycle.
{{ demand_forecast.unscored_requests(
    'customer_id',
    ref('demand_forecast', 'seq_recommendation_origins'),
    ref('demand_forecast', 'pred_recommendation_champion'),
    ref('demand_forecast', 'pred_recommendation_champion'),
    demand_forecast.relation_of_model('pred_recommendation_ledger')
) }}
