{#- A mapped table, validated: {ref or source, columns, time_zone}. Unknown keys and columns, missing required ones and bad names are
    refused. `more_keys` are those that only the caller reads. -#}
{% macro mapped_table(entry, what, known, required, more_keys=[]) %}
  {%- set entry = demand_forecast.check_mapping(entry, what, "{ref: my_model, columns: {" ~ required[0] ~ ": my_column}}") -%}
  {%- do demand_forecast.check_keys(entry, ['ref', 'source', 'columns', 'time_zone'] + more_keys, what) -%}
  {%- if ('ref' in entry) == ('source' in entry) -%}
    {{ demand_forecast.refuse(what ~ " needs either `ref: my_model` or `source: [source_name, table_name]`") }}
  {%- endif -%}
  {%- set source = entry.get('source') -%}
  {%- if 'source' in entry and (source is string or source is mapping or source is not sequence or source | select('string') | list | length != 2 or source | length != 2) -%}
    {{ demand_forecast.refuse("`source` of " ~ what ~ " is `" ~ source ~ "`; it takes [source_name, table_name]") }}
  {%- endif -%}
  {%- if 'ref' in entry -%}
    {%- do demand_forecast.check_identifier(entry.ref, "`ref` of " ~ what) -%}
  {%- endif -%}
  {%- set columns = demand_forecast.check_mapping(entry.get('columns'), "`columns` of " ~ what, "{" ~ required[0] ~ ": my_column}") -%}
  {%- for name, column in columns.items() -%}
    {%- if name not in known -%}
      {{ demand_forecast.refuse(what ~ " maps a column `" ~ name ~ "`; known are " ~ known | join(', ')) }}
    {%- endif -%}
    {%- do demand_forecast.check_identifier(column, "column `" ~ name ~ "` of " ~ what) -%}
  {%- endfor -%}
  {%- for name in required if name not in columns -%}
    {{ demand_forecast.refuse(what ~ " maps no `" ~ name ~ "`: add it under `columns`") }}
  {%- endfor -%}
  {{ return({'ref': entry.get('ref'), 'source': source, 'columns': columns, 'what': what,
             'has_time_zone': 'time_zone' in entry, 'time_zone': demand_forecast.check_time_zone(entry.get('time_zone', 'UTC'), "`time_zone` of " ~ what)}) }}
{% endmacro %}
