-- One row per customer of the shop's customer table. Empty where the shop maps no such table.
{%- set table = demand_forecast.optional_table('customers') %}
with mapped as (
    {% if table %}
    select
        {{ demand_forecast.customer_key(table) }} as customer_id
    from {{ demand_forecast.mapped_relation(table) }}
    {% else %}
    select
        cast(null as {{ dbt.type_string() }}) as customer_id
    where false
    {% endif %}
)

select *
from mapped
where customer_id is not null
qualify row_number() over (partition by customer_id order by customer_id) = 1
