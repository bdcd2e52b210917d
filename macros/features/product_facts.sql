{#- The facts of a product's day: name and SQL over the day's accepted rows. -#}
{% macro product_facts() %}
  {%- set facts = [{'name': 'event_count', 'sql': 'count(*)'}] -%}
  {%- for name, event_type in [('product_view_count', 'product_view'), ('favourite_count', 'favourite'), ('cart_add_count', 'add_to_cart'), ('purchase_count', 'purchase')] -%}
    {%- do facts.append({'name': name, 'sql': "count(*) filter (where event_type = '" ~ event_type ~ "')"}) -%}
  {%- endfor -%}
  {%- do facts.append({'name': 'buyer_count', 'sql': "count(distinct customer_id) filter (where event_type = 'purchase')"}) -%}
  {%- for name, column, event_type in [('purchased_units', 'counted_units', 'purchase'), ('purchased_amount', 'counted_amount', 'purchase'), ('returned_units', 'counted_units', 'return'), ('returned_amount', 'counted_amount', 'return')] -%}
    {%- do facts.append({'name': name, 'sql': "coalesce(sum(" ~ column ~ ") filter (where event_type = '" ~ event_type ~ "'), 0)"}) -%}
  {%- endfor -%}
  {{ return(facts) }}
{% endmacro %}
