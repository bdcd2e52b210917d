{#- What the network reads of each product day: name and SQL over seq_product_timeline. Raw values: scaling lies in the graph. -#}
{% macro product_day_features() %}
  {%- set features = [
      {'name': 'weekday_sine', 'sql': "sin(" ~ demand_forecast.iso_weekday('event_date') ~ " * 2 * pi() / 7)"},
      {'name': 'weekday_cosine', 'sql': "cos(" ~ demand_forecast.iso_weekday('event_date') ~ " * 2 * pi() / 7)"},
      {'name': 'units', 'sql': 'units'},
      {'name': 'revenue', 'sql': 'revenue'},
      {'name': 'is_in_stock', 'sql': 'is_in_stock'},
      {'name': 'is_holiday', 'sql': 'case when is_holiday then 1 else 0 end'},
      {'name': 'is_promotion', 'sql': 'case when is_promotion then 1 else 0 end'},
  ] -%}
  {%- for name in ['buyer_count', 'product_view_count', 'favourite_count', 'cart_add_count'] -%}
    {%- do features.append({'name': name, 'sql': name}) -%}
  {%- endfor -%}
  {{ return(features) }}
{% endmacro %}
