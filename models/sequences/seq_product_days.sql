-- One row per product and active day: that day's facts. Days whose raw rows have not changed keep their rows; a day on which
-- no product was touched keeps one without a product, which says that the day was read. Of a linked visitor, whose rows name
-- no customer, purchases are left out, as in the customer's steps; views and the like count on their own day.
{%- set is_known = "not is_linked or event_type not in ('purchase', 'return') and event_date = own_date" %}
{{ demand_forecast.facts_by_day([{'name': 'product_id', 'sql': 'case when ' ~ is_known ~ ' then product_id end'}], demand_forecast.product_facts()) }}
