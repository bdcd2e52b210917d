-- One row per eligible customer and product that is a candidate for a recommendation at the latest origin, with all that is known of
-- the two.
{{ demand_forecast.recommendation_candidates(
    '(select customer_id, as_of_date from ' ~ ref('demand_forecast', 'seq_origins') ~ " where role = 'latest')",
    ref('demand_forecast', 'seq_item_neighbours'),
    ref('demand_forecast', 'seq_latest_stock')
) }}
