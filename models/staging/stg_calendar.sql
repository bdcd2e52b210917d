-- One row per day of the shop's calendar and day from which that was known (null: always). Empty where no such table is mapped.
{%- set table = demand_forecast.optional_table('calendar') %}
with mapped as (
    {% if table %}
    select
        {{ demand_forecast.mapped_column(table, 'calendar_date', 'date') }} as calendar_date,
        {{ demand_forecast.mapped_column(table, 'is_holiday', 'boolean') }} as is_holiday,
        {{ demand_forecast.mapped_column(table, 'is_major_holiday', 'boolean') }} as is_major_holiday,
        {{ demand_forecast.mapped_column(table, 'is_promotion', 'boolean') }} as is_promotion,
        {{ demand_forecast.mapped_column(table, 'known_from_date', 'date') }} as known_from_date
    from {{ demand_forecast.mapped_relation(table) }}
    {% else %}
    select
        cast(null as date) as calendar_date,
        cast(null as boolean) as is_holiday,
        cast(null as boolean) as is_major_holiday,
        cast(null as boolean) as is_promotion,
        cast(null as date) as known_from_date
    where false
    {% endif %}
)

select
    calendar_date,
    known_from_date,
    max(coalesce(is_holiday, false) or coalesce(is_major_holiday, false)) as is_holiday,
    max(coalesce(is_major_holiday, false)) as is_major_holiday,
    max(coalesce(is_promotion, false)) as is_promotion
from mapped
where calendar_date is not null
group by calendar_date, known_from_date
