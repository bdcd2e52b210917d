{#- Select with one row per key and day with an accepted row that has the key: the day's facts. A key is one or more columns, each a
    name with its SQL. Days whose raw rows have not changed keep their rows; a day on which no row has the key keeps one row without
    a key, which says that the day was read. -#}
{% macro facts_by_day(keys, facts) %}
{%- set kept = demand_forecast.reusable_table(keys | map(attribute='name') | list + ['event_date'] + facts | map(attribute='name') | list + ['day_fingerprint']) %}
{%- set days %}
    select event_date, cast(sum(step_fingerprint) as decimal(38, 0)) as day_fingerprint
    from {{ ref('demand_forecast', 'stg_event_days') }}
    where step_row_count > 0
    group by event_date
{%- endset %}
{%- set changed_days %}
    select days.event_date, days.day_fingerprint
    from ({{ days }}) as days
    left join (select distinct event_date, day_fingerprint from {{ kept }}) as was
        on days.event_date = was.event_date and days.day_fingerprint = was.day_fingerprint
    where was.event_date is null
{%- endset %}
with days as (
    {{ days }}
),

changed_days as (
    {{ changed_days if kept else days }}
),

rows_of_changed_days as (

    select *
    from {{ ref('demand_forecast', 'stg_checked_rows') }}
    where {{ demand_forecast.is_step_row() }} and {{ demand_forecast.is_changed_day(changed_days) if kept else 'true' }}

),

judged_rows as (

    {{ demand_forecast.judged_rows('rows_of_changed_days') }}

),

days_of_keys as (

    select
        {%- for key in keys %}
        {{ key.sql }} as {{ key.name }},
        {%- endfor %}
        event_date,
        {%- for fact in facts %}
        {{ fact.sql }} as {{ fact.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from judged_rows
    where verdict = 'accepted'
        {%- for key in keys %} and {{ key.sql }} is not null{% endfor %}
    group by {% for key in keys %}{{ key.sql }}, {% endfor %}event_date

)

select
    {%- for key in keys %}
    days_of_keys.{{ key.name }},
    {%- endfor %}
    changed_days.event_date,
    {%- for fact in facts %}
    coalesce(days_of_keys.{{ fact.name }}, 0) as {{ fact.name }},
    {%- endfor %}
    changed_days.day_fingerprint
from changed_days
left join days_of_keys on changed_days.event_date = days_of_keys.event_date
{%- if kept %}
union all
select was.*
from {{ kept }} as was
inner join days on was.event_date = days.event_date and was.day_fingerprint = days.day_fingerprint
{%- endif %}
{%- endmacro %}
