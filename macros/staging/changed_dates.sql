{#- The days that a query names, as a list of date literals (never empty: without a day it holds one that matches nothing).
    Literals let the engine skip the other days while it scans; a join would read them all. -#}
{% macro changed_dates(query) %}
  {%- set found = [] -%}
  {%- for day in run_query(query).columns[0].values() -%}
    {%- do found.append("cast('" ~ day ~ "' as date)") -%}
  {%- endfor -%}
  {{ return(found | join(', ') if found else 'cast(null as date)') }}
{% endmacro %}
