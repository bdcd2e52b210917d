-- One row per product and active day: that day's facts. Days whose raw rows have not changed keep their rows; a day on which
-- no product was touched keeps one without a product, which says that the day was read.
{{ demand_forecast.facts_by_day([{'name': 'product_id', 'sql': 'product_id'}], demand_forecast.product_facts()) }}
