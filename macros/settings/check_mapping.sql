{#- A var, or a part of one, that holds names with values; {} where it is left blank. Returns it. -#}
{% macro check_mapping(value, what, example) %}
  {%- if value is none -%}{{ return({}) }}{%- endif -%}
  {%- if value is not mapping -%}
    {{ demand_forecast.refuse(what ~ " is `" ~ value ~ "`; it takes names with values, such as " ~ example) }}
  {%- endif -%}
  {{ return(value) }}
{% endmacro %}
