{#- The table of a model of this package as it stands, found through the graph without an edge to it; none where it has not
    been built. -#}
{% macro relation_of_model(name) %}
  {%- if not execute -%}{{ return(none) }}{%- endif -%}
  {%- set node = graph.nodes['model.demand_forecast.' ~ name] -%}
  {{ return(adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias)) }}
{% endmacro %}
