{#- What the network reads of each step: name and SQL over seq_customer_timeline. Raw values: scaling lies in the graph. -#}
{% macro step_features() %}
  {%- set features = [
      {'name': 'gap_days', 'sql': "least(coalesce(" ~ demand_forecast.days_between('previous_event_date', 'event_date') ~ ", 90), 90)"},
      {'name': 'weekday_sine', 'sql': "sin(" ~ demand_forecast.iso_weekday('event_date') ~ " * 2 * pi() / 7)"},
      {'name': 'weekday_cosine', 'sql': "cos(" ~ demand_forecast.iso_weekday('event_date') ~ " * 2 * pi() / 7)"},
      {'name': 'is_purchase', 'sql': "case when purchase_count > 0 then 1 else 0 end"},
      {'name': 'units', 'sql': demand_forecast.demand_units()},
      {'name': 'revenue', 'sql': demand_forecast.demand_revenue()},
  ] -%}
  {%- for name in ['page_view_count', 'search_count', 'product_view_count', 'favourite_count', 'cart_add_count',
                   'cart_remove_count', 'purchase_count', 'returned_units', 'product_count', 'channel_count',
                   'linked_event_count'] -%}
    {%- do features.append({'name': name, 'sql': name}) -%}
  {%- endfor -%}
  {{ return(features) }}
{% endmacro %}
