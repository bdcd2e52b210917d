{#- An optional table's mapping, validated, or none where the shop does not have it. -#}
{% macro optional_table(name) %}
  {%- set tables = {
      'customers': ['customer_id'],
      'products': ['product_id', 'category', 'brand', 'list_price'],
      'stock': ['product_id', 'snapshot_date', 'on_hand', 'on_order', 'lead_time_days'],
      'calendar': ['calendar_date', 'is_holiday', 'is_major_holiday', 'is_promotion', 'known_from_date'],
      'identity_links': ['visitor_id', 'customer_id', 'linked_at'],
      'origins_relation': ['customer_id', 'as_of_date'],
  } -%}
  {%- set required = {'identity_links': ['visitor_id', 'customer_id', 'linked_at'], 'stock': ['product_id', 'on_hand'],
                      'origins_relation': ['customer_id', 'as_of_date']} -%}
  {%- set shop = demand_forecast.seed_shop() -%}
  {%- set entry = shop.get(name) if shop else var(name) -%}
  {%- if entry is none -%}{{ return(none) }}{%- endif -%}
  {{ return(demand_forecast.mapped_table(entry, "var `" ~ name ~ "`", tables[name], required.get(name, tables[name][:1]))) }}
{% endmacro %}
