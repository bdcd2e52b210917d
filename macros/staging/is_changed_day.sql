{#- Condition on event_date: one of the days that a query names; 1900-01-01, that of unreadable rows, stands alone. Literals, and the
    range around them, reach the scan, so that the other days are skipped before they are parsed; a join would read them all.
    Neighbouring days are one range: of a list of five days and more over a view with `union all`, DuckDB makes a join that fails. -#}
{% macro is_changed_day(query) %}
  {%- set unreadable = "event_date = cast('1900-01-01' as date)" -%}
  {%- set ranges %}
    select cast(min(event_date) as {{ dbt.type_string() }}), cast(max(event_date) as {{ dbt.type_string() }})
    from (
        select
            event_date,
            {{ unreadable }} as is_unreadable,
            cast(row_number() over (partition by {{ unreadable }} order by event_date) as integer) as place
        from (select distinct event_date from ({{ query }}) as named) as days
    ) as placed
    group by is_unreadable, {{ demand_forecast.add_days('event_date', '-place') }}
    order by min(event_date)
  {%- endset -%}
  {%- set readable, conditions = [], [] -%}
  {%- for first, last in run_query(ranges).rows -%}
    {%- if first == '1900-01-01' -%}
      {%- do conditions.append('event_date is null or ' ~ unreadable) -%}
    {%- else -%}
      {%- do readable.append((first, last)) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if readable -%}
    {%- set between = "event_date between cast('{}' as date) and cast('{}' as date)" -%}
    {%- set days = [] -%}
    {%- for first, last in readable %}{% do days.append(between.format(first, last)) %}{% endfor -%}
    {%- do conditions.append(between.format(readable[0][0], readable[-1][1]) ~ ' and (' ~ days | join(' or ') ~ ')') -%}
  {%- endif -%}
  {{ return('(' ~ conditions | join(' or ') ~ ')' if conditions else 'false') }}
{% endmacro %}
