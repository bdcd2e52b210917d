{#- A string from a var as an SQL literal. -#}
{% macro literal(value) %}
  {{ return("'" ~ dbt.escape_single_quotes(value | string) ~ "'") }}
{% endmacro %}
