{#- Aggregate: the values of a group as a list, ordered. -#}
{% macro ordered_list(value, order_by) %}
  {{ return(adapter.dispatch('ordered_list', 'demand_forecast')(value, order_by)) }}
{% endmacro %}

{% macro duckdb__ordered_list(value, order_by) %}
  {{ return("list(" ~ value ~ " order by " ~ order_by ~ ")") }}
{% endmacro %}

{% macro default__ordered_list(value, order_by) %}
  {{ demand_forecast.unsupported_adapter('ordered_list') }}
{% endmacro %}
