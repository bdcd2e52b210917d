{#- What is known about a customer at an origin beside the steps: name and SQL, aggregated over the customer's steps of the
    last 90 days and purchases of the last 365 (the rows of `steps_of_origins`; for a dormant customer one without a step). What the
    origin itself knows is the same in all of them. A rate is a sum divided by the days of the window that the customer was known. -#}
{% macro context_features() %}
  {%- set features = [
      {'name': 'days_since_step', 'sql': "least(any_value(days_since_step), 365)"},
      {'name': 'days_since_purchase', 'sql': "least(any_value(days_since_purchase), 365)"},
      {'name': 'has_purchased', 'sql': "case when any_value(purchase_day_count) > 0 then 1 else 0 end"},
      {'name': 'purchase_day_count', 'sql': "any_value(purchase_day_count)"},
      {'name': 'tenure_days', 'sql': "least(any_value(tenure_days), 365)"},
      {'name': 'days_since_cart_add', 'sql': "least(coalesce(min(case when cart_add_count > 0 then age_days end), 90), 90)"},
  ] -%}
  {%- set measures = [
      ('active_day_rate', 'is_step', [1, 3, 7, 14, 30, 90]),
      ('purchase_day_rate', 'is_purchase', [1, 3, 7, 14, 30, 90]),
      ('view_rate', 'product_view_count + page_view_count', [1, 3, 7, 14, 30]),
      ('cart_add_rate', 'cart_add_count', [1, 3, 7, 14, 30]),
      ('search_rate', 'search_count', [1, 3, 7, 30]),
      ('favourite_rate', 'favourite_count', [7, 30]),
      ('product_rate', 'product_count', [1, 7, 30]),
      ('unit_rate', 'units', [7, 30, 90]),
      ('revenue_rate', 'revenue', [7, 30, 90]),
      ('return_rate', 'returned_units', [90]),
  ] -%}
  {%- for name, measure, windows in measures -%}
    {%- for days in windows -%}
      {%- do features.append({
          'name': name ~ '_' ~ days ~ 'd',
          'sql': "coalesce(sum(" ~ measure ~ ") filter (where age_days < " ~ days ~ "), 0) / " ~ demand_forecast.known_days(days)}) -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- for name, measure in [('open_cart_adds', 'greatest(cart_add_count - cart_remove_count, 0)'), ('open_views', 'product_view_count')] -%}
    {%- do features.append({
        'name': name, 'sql': "coalesce(sum(" ~ measure ~ ") filter (where age_days < least(14, days_since_purchase)), 0)"}) -%}
  {%- endfor -%}
  {%- set usual_gap, deviation = "coalesce(avg(gap_days), 90)", "coalesce(stddev_samp(gap_days), 45)" -%}
  {%- do features.extend([
      {'name': 'mean_gap_days', 'sql': usual_gap},
      {'name': 'gap_deviation_days', 'sql': deviation},
      {'name': 'recency_by_gap', 'sql': "least(any_value(days_since_purchase) / " ~ usual_gap ~ ", 20)"},
      {'name': 'gap_lateness', 'sql': "(any_value(days_since_purchase) - " ~ usual_gap ~ ") / (" ~ deviation ~ " + 1)"},
      {'name': 'own_gap_hazard_1d', 'sql': demand_forecast.own_gap_hazard(1)},
      {'name': 'own_gap_hazard_7d', 'sql': demand_forecast.own_gap_hazard(7)},
  ]) -%}
  {%- for half_life in [7, 21, 60] -%}
    {%- do features.append({
        'name': 'weighted_purchase_rate_' ~ half_life ~ 'd', 'sql': demand_forecast.weighted_rate('is_purchase', half_life)}) -%}
  {%- endfor -%}
  {%- do features.append({'name': 'weighted_unit_rate_60d', 'sql': demand_forecast.weighted_rate('units', 60)}) -%}
  {%- do features.append({'name': 'weighted_revenue_rate_60d', 'sql': demand_forecast.weighted_rate('revenue', 60)}) -%}
  {%- for day_number in range(1, 8) -%}
    {%- do features.append({'name': 'weekday_rate_' ~ day_number, 'sql': demand_forecast.weekday_rate(day_number, 60, 90)}) -%}
  {%- endfor -%}
  {%- for day_number in range(1, 8) -%}
    {%- do features.append({'name': 'yearly_weekday_rate_' ~ day_number, 'sql': demand_forecast.weekday_rate(day_number, 365, 365)}) -%}
  {%- endfor -%}
  {{ return(features) }}
{% endmacro %}
