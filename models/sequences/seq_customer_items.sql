-- One row per customer, product and day on which the customer bought it or showed interest in it. Days whose raw rows have not
-- changed keep their rows; a day without such a row keeps one without a customer, which says that the day was read. What a linked visitor
-- did counts, too, on the later of its day and the day of the link: it is then known to have been this customer.
{%- set is_item = "event_type in ('product_view', 'favourite', 'add_to_cart', 'purchase')" %}
{{ demand_forecast.facts_by_day(
    [
        {'name': 'customer_id', 'sql': 'customer_id'},
        {'name': 'product_id', 'sql': 'case when ' ~ is_item ~ ' then product_id end'}
    ],
    [
        {'name': 'purchase_count', 'sql': "count(*) filter (where event_type = 'purchase')"},
        {'name': 'interest_count', 'sql': "count(*) filter (where event_type <> 'purchase')"}
    ]
) }}
