-- One row per product and snapshot day. Empty where the shop maps no such table.
{%- set table = demand_forecast.optional_table('stock') %}
with mapped as (
    {% if table %}
    select
        nullif(trim({{ demand_forecast.mapped_column(table, 'product_id', 'text') }}), '') as product_id,
        {{ demand_forecast.mapped_column(table, 'snapshot_date', 'date') }} as snapshot_date,
        {{ demand_forecast.mapped_column(table, 'on_hand', 'double') }} as on_hand,
        {{ demand_forecast.mapped_column(table, 'on_order', 'double') }} as on_order,
        {{ demand_forecast.mapped_column(table, 'lead_time_days', 'integer') }} as lead_time_days
    from {{ demand_forecast.mapped_relation(table) }}
    {% else %}
    select
        cast(null as {{ dbt.type_string() }}) as product_id,
        cast(null as date) as snapshot_date,
        cast(null as double) as on_hand,
        cast(null as double) as on_order,
        cast(null as integer) as lead_time_days
    where false
    {% endif %}
)

select *
from mapped
where product_id is not null
qualify row_number() over (partition by product_id, snapshot_date order by on_hand) = 1
