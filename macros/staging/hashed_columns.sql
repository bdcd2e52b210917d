{#- What a raw row's hash covers: every mapped column, and the verdict on the row, since a link or the run's day can change
    it. Text stands in where a value did not parse. -#}
{% macro hashed_columns() %}
  {{ return([
      'source_name', 'event_id', 'raw_customer_id', 'customer_id', 'visitor_id', 'product_id', 'session_id', 'search_term',
      'raw_event_type', 'event_type', 'channel', 'event_at', "case when event_at is null then raw_event_at end",
      'quantity', "case when quantity is null then raw_quantity end",
      'amount', "case when amount is null then raw_amount end",
      'unit_price', "case when unit_price is null then raw_unit_price end",
      'loaded_at', 'is_linked', 'row_reason',
  ]) }}
{% endmacro %}
