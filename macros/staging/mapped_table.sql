{#- A mapped table, validated: {ref or source, columns, time_zone}. Unknown columns, missing required ones and bad names are refused. -#}
{% macro mapped_table(entry, what, known, required) %}
  {%- if entry is not mapping or ('ref' in entry) == ('source' in entry) -%}
    {{ demand_forecast.refuse(what ~ " needs either `ref: my_model` or `source: [source_name, table_name]`") }}
  {%- endif -%}
  {%- set columns = entry.get('columns') or {} -%}
  {%- for name, column in columns.items() -%}
    {%- if name not in known -%}
      {{ demand_forecast.refuse(what ~ " maps a column `" ~ name ~ "`; known are " ~ known | join(', ')) }}
    {%- endif -%}
    {%- do demand_forecast.check_identifier(column, "column `" ~ name ~ "` of " ~ what) -%}
  {%- endfor -%}
  {%- for name in required if name not in columns -%}
    {{ demand_forecast.refuse(what ~ " maps no `" ~ name ~ "`: add it under `columns`") }}
  {%- endfor -%}
  {{ return({'ref': entry.get('ref'), 'source': entry.get('source'), 'columns': columns, 'what': what,
             'time_zone': demand_forecast.check_time_zone(entry.get('time_zone', 'UTC'), "`time_zone` of " ~ what)}) }}
{% endmacro %}
