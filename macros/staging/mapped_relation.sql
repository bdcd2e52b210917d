{#- The relation behind a mapped table, with lineage. While models are built, a missing relation or column stops the run
    by name. -#}
{% macro mapped_relation(table) %}
  {%- if table.ref is not none -%}
    {%- set relation = ref(project_name, table.ref) -%}
  {%- else -%}
    {%- set relation = source(table.source[0], table.source[1]) -%}
  {%- endif -%}
  {%- if execute and flags.WHICH in ['build', 'run'] and model.resource_type == 'model' -%}
    {%- set existing = load_relation(relation) -%}
    {%- if existing is none -%}
      {{ demand_forecast.refuse(table.what ~ " reads " ~ relation ~ ", which does not exist: load it first, or correct the mapping") }}
    {%- endif -%}
    {%- set present = adapter.get_columns_in_relation(existing) | map(attribute='name') | list -%}
    {%- set present_lower = present | map('lower') | list -%}
    {%- for name, column in table.columns.items() if column | lower not in present_lower -%}
      {{ demand_forecast.refuse(table.what ~ " maps `" ~ name ~ "` to the column `" ~ column ~ "`, which " ~ relation ~ " does not have. It has: " ~ present | sort | join(', ')) }}
    {%- endfor -%}
  {%- endif -%}
  {{ return(relation) }}
{% endmacro %}
