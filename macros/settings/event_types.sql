{#- The words for what a customer can do. -#}
{% macro event_types() %}
  {{ return(['page_view', 'search', 'product_view', 'favourite', 'add_to_cart', 'remove_from_cart', 'purchase', 'return']) }}
{% endmacro %}
