{#- Groups of features whose share in a forecast is told, as (name, beginnings of their features' names, fact in SQL). The first is the
    course of the steps themselves. Every feature of context_features is in one group; a fact speaks of the columns of
    seq_customer_contexts (alias contexts) and seq_origins (alias origins). -#}
{% macro driver_groups() %}
  {%- set text = dbt.type_string() -%}
  {%- set known = 'least({}, contexts.tenure_days + 1)' -%}
  {%- set count_of = 'cast(cast(round(contexts.{0}_{1}d * ' ~ known.format('{1}') ~ ') as integer) as ' ~ text ~ ')' -%}
  {%- set days = 'cast(cast(contexts.{} as integer) as ' ~ text ~ ')' -%}
  {%- set seen = "'last seen ' || " ~ days.format('days_since_step') ~ " || ' days ago'" -%}
  {{ return([
      ('visits', [], "'the course of the last ' || cast(origins.position as " ~ text ~ ") || ' days with visits'"),
      ('recency', ['days_since_step', 'days_since_purchase', 'has_purchased', 'recency_by_gap', 'gap_lateness'],
          "case when contexts.has_purchased = 1 then 'last purchase ' || " ~ days.format('days_since_purchase')
          ~ " || ' days ago, ' else 'no purchase yet, ' end || " ~ seen),
      ('habit', ['purchase_day_count', 'purchase_day_rate', 'mean_gap_days', 'gap_deviation_days', 'own_gap_hazard', 'weighted_purchase_rate'],
          days.format('purchase_day_count') ~ " || ' days with a purchase, '|| " ~ count_of.format('purchase_day_rate', 30) ~ " || ' of them in the last 30 days'"),
      ('weekdays', ['weekday_rate', 'yearly_weekday_rate'], "'the weekdays of past purchases'"),
      ('browsing', ['active_day_rate', 'view_rate', 'search_rate', 'favourite_rate', 'product_rate', 'open_views'],
          count_of.format('view_rate', 7) ~ " || ' views and ' || " ~ count_of.format('search_rate', 7) ~ " || ' searches in the last 7 days'"),
      ('carts', ['cart_add_rate', 'days_since_cart_add', 'open_cart_adds'],
          count_of.format('cart_add_rate', 3) ~ " || ' put into the cart in the last 3 days'"),
      ('amounts', ['unit_rate', 'revenue_rate', 'return_rate', 'weighted_unit_rate', 'weighted_revenue_rate'],
          count_of.format('unit_rate', 90) ~ " || ' units in the last 90 days'"),
      ('tenure', ['tenure_days'], "'known for ' || " ~ days.format('tenure_days') ~ " || ' days'"),
  ]) }}
{% endmacro %}
