-- One row per product. Empty where the shop maps no such table.
{%- set table = demand_forecast.optional_table('products') %}
with mapped as (
    {% if table %}
    select
        {{ demand_forecast.mapped_column(table, 'product_id', 'id') }} as product_id,
        nullif(trim({{ demand_forecast.mapped_column(table, 'category', 'text') }}), '') as category,
        nullif(trim({{ demand_forecast.mapped_column(table, 'brand', 'text') }}), '') as brand,
        {{ demand_forecast.mapped_column(table, 'list_price', 'decimal(18, 4)') }} as list_price
    from {{ demand_forecast.mapped_relation(table) }}
    {% else %}
    select
        cast(null as {{ dbt.type_string() }}) as product_id,
        cast(null as {{ dbt.type_string() }}) as category,
        cast(null as {{ dbt.type_string() }}) as brand,
        cast(null as decimal(18, 4)) as list_price
    where false
    {% endif %}
)

select *
from mapped
where product_id is not null
qualify row_number() over (partition by product_id order by category, brand, list_price) = 1
