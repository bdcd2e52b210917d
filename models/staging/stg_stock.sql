-- One row per product and snapshot day. Empty where the shop maps no such table. Several rows of a product and day are places
-- that hold it, each a part of what the shop has: an order is for all of them, and waits for the slowest.
{%- set table = demand_forecast.optional_table('stock') %}
with mapped as (
    {% if table %}
    select
        {{ demand_forecast.mapped_column(table, 'product_id', 'id') }} as product_id,
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

-- Sums are rounded: the order in which places are added shows in the last digits.
select
    product_id,
    snapshot_date,
    round(sum(case when {{ demand_forecast.is_finite('on_hand') }} then on_hand end), 6) as on_hand,
    round(sum(case when {{ demand_forecast.is_finite('on_order') }} then on_order end), 6) as on_order,
    max(case when lead_time_days >= 0 then lead_time_days end) as lead_time_days
from mapped
where product_id is not null
group by product_id, snapshot_date
