-- One row per product and active day: that day's facts. Days whose raw rows have not changed keep their rows; a day on which
-- no product was touched keeps one without a product, which says that the day was read. Events of a linked visitor are left out, as
-- they are of the customer's steps: they lie on the day of the link.
{{ demand_forecast.facts_by_day([{'name': 'product_id', 'sql': 'case when not is_linked then product_id end'}], demand_forecast.product_facts()) }}
