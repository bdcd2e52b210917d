{#- A struct whose fields are columns of the same names. -#}
{% macro struct_of(names) %}
  {{ return(adapter.dispatch('struct_of', 'demand_forecast')(names)) }}
{% endmacro %}

{% macro duckdb__struct_of(names) %}
  {%- set fields = [] -%}
  {%- for name in names -%}{%- do fields.append(name ~ " := " ~ name) -%}{%- endfor -%}
  {{ return("struct_pack(" ~ fields | join(", ") ~ ")") }}
{% endmacro %}

{% macro default__struct_of(names) %}
  {{ demand_forecast.unsupported_adapter('struct_of') }}
{% endmacro %}
