{#- The customer of a mapped table's row as the shop names it: trimmed, and null where it is blank. -#}
{% macro own_customer_id(table) %}
  {{ return(demand_forecast.mapped_column(table, 'customer_id', 'id')) }}
{% endmacro %}
