{#- The version of the dbt side; the Python side refuses another minor version. -#}
{% macro package_version() %}
  {{ return('0.1.0') }}
{% endmacro %}
