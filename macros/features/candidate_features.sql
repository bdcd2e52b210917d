{#- What is known at an origin of a product that could be recommended to a customer: name and SQL over the joined rows of
    recommendation_candidates. All are 0 or more. -#}
{% macro candidate_features() %}
  {%- set features = [] -%}
  {%- for name in ['purchase_days', 'days_since_bought', 'days_since_first', 'trips_since_bought', 'own_gap_days', 'interest_days'] -%}
    {%- do features.append({'name': name, 'sql': 'coalesce(' ~ name ~ ', 0)'}) -%}
  {%- endfor -%}
  {%- for days in [7, 21, 60, 180] -%}
    {%- do features.append({'name': 'decayed_' ~ days ~ 'd', 'sql': 'coalesce(decayed_' ~ days ~ 'd, 0)'}) -%}
  {%- endfor -%}
  {%- do features.extend([
      {'name': 'decayed_by_trip', 'sql': 'coalesce(decayed_by_trip, 0)'},
      {'name': 'interest_7d', 'sql': 'coalesce(interest_7d, 0)'},
      {'name': 'gap_ratio', 'sql': 'coalesce(least(days_since_bought / nullif(own_gap_days, 0), 10), 0)'},
      {'name': 'trip_share', 'sql': 'coalesce(purchase_days * 1.0 / nullif(trip_count, 0), 0)'},
      {'name': 'expected_purchases', 'sql': 'coalesce(purchase_days * 1.0 * trips_28d / nullif(trip_count, 0), 0)'},
      {'name': 'basket_share', 'sql': 'coalesce(basket_share, 0)'},
      {'name': 'buyers_7d', 'sql': 'coalesce(buyers_7d, 0)'},
      {'name': 'buyers_28d', 'sql': 'coalesce(buyers_28d, 0)'},
      {'name': 'buyers_91d', 'sql': 'coalesce(buyers_91d, 0)'},
      {'name': 'buyer_momentum', 'sql': 'coalesce(least(4.0 * buyers_7d / nullif(buyers_28d, 0), 4), 0)'},
      {'name': 'repeat_share', 'sql': 'coalesce(repeat_share, 0)'},
      {'name': 'item_gap_days', 'sql': 'coalesce(item_gap_days, 0)'},
      {'name': 'item_gap_ratio', 'sql': 'coalesce(least(days_since_bought / nullif(item_gap_days, 0), 10), 0)'},
      {'name': 'category_share', 'sql': 'coalesce(category_share, 0)'},
      {'name': 'neighbour_score', 'sql': 'coalesce(neighbour_score, 0)'},
      {'name': 'is_offered', 'sql': 'case when may_be_offered then 1 else 0 end'},
      {'name': 'item_bucket', 'sql': demand_forecast.item_bucket('product_id')},
  ]) -%}
  {{ return(features) }}
{% endmacro %}
