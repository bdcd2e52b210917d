{#- The day under which a raw row is counted: its own, or 1900-01-01 where it has none. -#}
{% macro day_of_row(column='event_date') %}
  {{ return("coalesce(" ~ column ~ ", cast('1900-01-01' as date))") }}
{% endmacro %}
