{#- What is known of a product at an origin beside its days: name and SQL over seq_product_contexts' dated rows, with windows
    that end on the origin. Rates are per day in stock after the product's first. `weekday_rate_n` is the rate on the weekday of
    the n-th day ahead. -#}
{% macro product_features() %}
  {%- set features = [] -%}
  {%- for days in [1, 3, 7, 14, 28, 56, 90] -%}
    {%- do features.append({'name': 'unit_rate_' ~ days ~ 'd', 'sql': 'coalesce(sum(settled_units) over last_' ~ days ~ ' / nullif(sum(settled_days) over last_' ~ days ~ ', 0), 0)'}) -%}
  {%- endfor -%}
  {%- for days in [7, 28, 90] -%}
    {%- do features.append({'name': 'sold_share_' ~ days ~ 'd', 'sql': 'avg(case when units > 0 then 1.0 else 0.0 end) over last_' ~ days}) -%}
  {%- endfor -%}
  {%- for name, column in [('view', 'product_view_count'), ('cart', 'cart_add_count'), ('buyer', 'buyer_count')] -%}
    {%- for days in [7, 28] -%}
      {%- do features.append({'name': name ~ '_rate_' ~ days ~ 'd', 'sql': 'avg(' ~ column ~ ') over last_' ~ days}) -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- for name in ['category', 'shop'] -%}
    {%- for days in [7, 28] -%}
      {%- do features.append({'name': name ~ '_rate_' ~ days ~ 'd', 'sql': 'coalesce(avg(' ~ name ~ '_units) over last_' ~ days ~ ', 0)'}) -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- do features.extend([
      {'name': 'unit_deviation_56d', 'sql': 'coalesce(stddev_pop(case when settled_days > 0 then units end) over last_56, 0)'},
      {'name': 'most_units_28d', 'sql': 'max(units) over last_28'},
      {'name': 'days_since_sale', 'sql': 'least(coalesce(' ~ demand_forecast.days_between('last_sale_date', 'event_date') ~ ', 90), 90)'},
      {'name': 'tenure_days', 'sql': 'least(step_number, 365)'},
      {'name': 'is_in_stock', 'sql': 'is_in_stock'},
      {'name': 'price_ratio', 'sql': 'coalesce((sum(revenue) over last_7 / nullif(sum(units) over last_7, 0)) / nullif(sum(revenue) over last_90 / nullif(sum(units) over last_90, 0), 0), 1)'},
  ]) -%}
  {%- for number in range(1, 8) -%}
    {%- set days_back = 7 - number -%}
    {%- do features.append({'name': 'weekday_rate_' ~ number, 'sql': '(coalesce(lag(weekday_units, ' ~ days_back ~ ') over history, 0) + 2 * unit_level) / (coalesce(lag(weekday_days, ' ~ days_back ~ ') over history, 0) + 2)'}) -%}
  {%- endfor -%}
  {{ return(features) }}
{% endmacro %}
