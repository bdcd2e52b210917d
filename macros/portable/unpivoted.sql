{#- Select with one row per row of a relation and column: the kept columns, the column's name and its value. -#}
{% macro unpivoted(relation, kept, columns, name, value) %}
  {{ return(adapter.dispatch('unpivoted', 'demand_forecast')(relation, kept, columns, name, value)) }}
{% endmacro %}

{% macro duckdb__unpivoted(relation, kept, columns, name, value) %}
  {{ return("select " ~ kept | join(", ") ~ ", " ~ name ~ ", " ~ value ~ " from (unpivot " ~ relation ~ " on " ~ columns | join(", ")
      ~ " into name " ~ name ~ " value " ~ value ~ ")") }}
{% endmacro %}

{% macro default__unpivoted(relation, kept, columns, name, value) %}
  {{ demand_forecast.unsupported_adapter('unpivoted') }}
{% endmacro %}
