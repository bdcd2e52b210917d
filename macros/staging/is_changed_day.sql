{#- Condition on event_date: one of the days that a query names (the day of unreadable rows included). Literals, and the range around
    them, reach the scan, so that the other days are skipped before they are parsed; a join would read them all. -#}
{% macro is_changed_day(query) %}
  {%- set sorted_days = 'select cast(event_date as ' ~ dbt.type_string() ~ ') from (select distinct event_date from (' ~ query
      ~ ') as named) as days order by event_date' -%}
  {%- set days = run_query(sorted_days).columns[0].values() | list -%}
  {%- set readable = days | reject('equalto', '1900-01-01') | list -%}
  {%- set conditions = [] -%}
  {%- if readable -%}
    {%- do conditions.append("event_date between cast('" ~ readable[0] ~ "' as date) and cast('" ~ readable[-1]
        ~ "' as date) and event_date in (cast('" ~ readable | join("' as date), cast('") ~ "' as date))") -%}
  {%- endif -%}
  {%- if readable | length < days | length -%}
    {%- do conditions.append("event_date is null or event_date = cast('1900-01-01' as date)") -%}
  {%- endif -%}
  {{ return('(' ~ conditions | join(' or ') ~ ')' if conditions else 'false') }}
{% endmacro %}
