{#- The facts of a customer's day: name and SQL over the day's judged rows. Only accepted rows count; events of a linked
    visitor are counted in a column of their own. `none` is the fact of a day without rows, where that is not 0. -#}
{% macro step_facts() %}
  {%- set own = "verdict = 'accepted' and not is_linked" -%}
  {%- set facts = [
      {'name': 'event_count', 'sql': "count(*) filter (where verdict = 'accepted')"},
      {'name': 'page_view_count', 'sql': "count(*) filter (where event_type = 'page_view' and " ~ own ~ ")"},
      {'name': 'search_count', 'sql': "count(*) filter (where event_type = 'search' and " ~ own ~ ")"},
      {'name': 'product_view_count', 'sql': "count(*) filter (where event_type = 'product_view' and " ~ own ~ ")"},
      {'name': 'favourite_count', 'sql': "count(*) filter (where event_type = 'favourite' and " ~ own ~ ")"},
      {'name': 'cart_add_count', 'sql': "count(*) filter (where event_type = 'add_to_cart' and " ~ own ~ ")"},
      {'name': 'cart_remove_count', 'sql': "count(*) filter (where event_type = 'remove_from_cart' and " ~ own ~ ")"},
      {'name': 'purchase_count', 'sql': "count(*) filter (where event_type = 'purchase' and " ~ own ~ ")"},
      {'name': 'purchased_units', 'sql': "coalesce(sum(counted_units) filter (where event_type = 'purchase' and " ~ own ~ "), 0)"},
      {'name': 'purchased_amount', 'sql': "coalesce(sum(counted_amount) filter (where event_type = 'purchase' and " ~ own ~ "), 0)"},
      {'name': 'returned_units', 'sql': "coalesce(sum(counted_units) filter (where event_type = 'return' and " ~ own ~ "), 0)"},
      {'name': 'returned_amount', 'sql': "coalesce(sum(counted_amount) filter (where event_type = 'return' and " ~ own ~ "), 0)"},
      {'name': 'product_count', 'sql': "count(distinct product_id) filter (where " ~ own ~ ")"},
      {'name': 'channel_count', 'sql': "count(distinct channel) filter (where " ~ own ~ ")"},
      {'name': 'linked_event_count', 'sql': "count(*) filter (where verdict = 'accepted' and is_linked)"},
      {'name': 'channel', 'sql': "case when count(distinct channel) filter (where " ~ own ~ ") > 1 then 'several channels'"
          ~ " else min(channel) filter (where " ~ own ~ ") end", 'none': 'null'},
  ] -%}
  {{ return(facts) }}
{% endmacro %}
