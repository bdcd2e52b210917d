{#- The registry to read: this build's own, or another target's where var `registry` names [database, schema]. -#}
{% macro registry_relation(name) %}
  {%- set own = ref('demand_forecast', name) -%}
  {%- set other = var('registry') -%}
  {%- if other is none -%}{{ return(own) }}{%- endif -%}
  {%- if other is string or other is not sequence or other | length != 2 -%}
    {{ demand_forecast.refuse("var `registry` takes [database, schema]") }}
  {%- endif -%}
  {{ return(api.Relation.create(
      database=demand_forecast.check_identifier(other[0], "the database in var `registry`"),
      schema=demand_forecast.check_identifier(other[1], "the schema in var `registry`"),
      identifier=name)) }}
{% endmacro %}
