{#- What the package calls the customer of a mapped table's row: the shop's own id, or its keyed hash under var pseudonymous_customers. -#}
{% macro customer_key(table) %}
  {%- set own = demand_forecast.own_customer_id(table) -%}
  {{ return(demand_forecast.keyed_hash(own) if demand_forecast.setting('pseudonymous_customers') else own) }}
{% endmacro %}
