-- One row per visitor: the customer it turned out to be, and the shop's day on which that became known.
{%- set links = demand_forecast.optional_table('identity_links') %}
{%- set zone = demand_forecast.setting('time_zone') %}
with mapped as (
    {% if links %}
    select
        {{ demand_forecast.mapped_column(links, 'visitor_id', 'id') }} as visitor_id,
        {{ demand_forecast.customer_key(links) }} as customer_id,
        {{ demand_forecast.utc_timestamp(adapter.quote(links.columns.linked_at), links.time_zone) }} as linked_at
    from {{ demand_forecast.mapped_relation(links) }}
    {% else %}
    select
        cast(null as {{ dbt.type_string() }}) as visitor_id,
        cast(null as {{ dbt.type_string() }}) as customer_id,
        cast(null as timestamp) as linked_at
    where false
    {% endif %}
)

select
    visitor_id,
    customer_id,
    cast({{ demand_forecast.local_timestamp('linked_at', zone) }} as date) as linked_date
from mapped
where visitor_id is not null and customer_id is not null and linked_at is not null
qualify row_number() over (partition by visitor_id order by linked_at, customer_id) = 1
