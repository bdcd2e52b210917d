-- One row per request of a customer and product that is a candidate for a recommendation, with all that is known of the two.
{{ demand_forecast.recommendation_candidates(
    ref('demand_forecast', 'pred_recommendation_requests'),
    ref('demand_forecast', 'seq_item_neighbours'),
    ref('demand_forecast', 'seq_latest_stock')
) }}
