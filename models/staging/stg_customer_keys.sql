-- One row per customer that a mapped table names: the key that all other tables know, and the shop's own id.
{{ config(materialized='view') }}
{%- set names = ['customers', 'identity_links', 'origins_relation'] %}
{%- set tables = demand_forecast.event_sources() %}
{%- for name in names if demand_forecast.optional_table(name) is not none %}
{%- do tables.append(demand_forecast.optional_table(name)) %}
{%- endfor %}
with named as (
    {% for table in tables if 'customer_id' in table.columns %}
    select
        {{ demand_forecast.customer_key(table) }} as customer_id,
        {{ demand_forecast.own_customer_id(table) }} as own_customer_id
    from {{ demand_forecast.mapped_relation(table) }}
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        cast(null as {{ dbt.type_string() }}) as customer_id,
        cast(null as {{ dbt.type_string() }}) as own_customer_id
    {% endfor %}
)

select distinct
    customer_id,
    own_customer_id
from named
where own_customer_id is not null
