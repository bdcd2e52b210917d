{#- This model's table as the last build left it, for rows whose inputs have not changed; none where there is no such table,
    its columns are not the wanted ones, or --full-refresh asks to start anew. -#}
{% macro reusable_table(wanted_columns) %}
  {%- if not execute or flags.FULL_REFRESH or model.resource_type != 'model' -%}{{ return(none) }}{%- endif -%}
  {%- set existing = load_cached_relation(this) -%}
  {%- if existing is none or not existing.is_table -%}{{ return(none) }}{%- endif -%}
  {%- set present = adapter.get_columns_in_relation(existing) | map(attribute='name') | list -%}
  {{ return(existing if present == wanted_columns else none) }}
{% endmacro %}
