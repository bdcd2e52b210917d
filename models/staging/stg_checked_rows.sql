-- Every raw row with its day, its customer and what is wrong with it by itself (row_reason is null for a sound row).
-- A row of a linked visitor lies on the later of its own day and the day of linking, so no earlier day ever changes.
{%- set has_links = demand_forecast.optional_table('identity_links') is not none %}
with typed as (

    select
        *,
        {{ demand_forecast.mapped_event_type() }} as event_type
    from {{ ref('demand_forecast', 'stg_source_rows') }}

),

linked as (

    select
        typed.source_name,
        typed.event_id,
        typed.customer_id as raw_customer_id,
        {{ 'coalesce(typed.customer_id, links.customer_id)' if has_links else 'typed.customer_id' }} as customer_id,
        typed.visitor_id,
        typed.product_id,
        typed.session_id,
        typed.search_term,
        typed.raw_event_type,
        typed.event_type,
        typed.channel,
        typed.raw_event_at,
        typed.event_at,
        typed.own_date,
        typed.raw_quantity,
        typed.quantity,
        typed.raw_amount,
        typed.amount,
        typed.raw_unit_price,
        typed.unit_price,
        typed.has_quantity,
        typed.has_amount,
        typed.has_unit_price,
        typed.raw_hash,
        typed.loaded_at,
        {%- if has_links %}
        typed.customer_id is null and links.customer_id is not null as is_linked,
        case
            when typed.customer_id is null and links.linked_date > typed.own_date then links.linked_date
            else typed.own_date
        end as event_date
        {%- else %}
        false as is_linked,
        typed.own_date as event_date
        {%- endif %}
    from typed
    {%- if has_links %}
    left join {{ ref('demand_forecast', 'stg_identity_links') }} as links on typed.visitor_id = links.visitor_id
    {%- endif %}

),

checked as (

    select
        *,
        {{ demand_forecast.row_reason() }} as row_reason
    from linked

)

select
    *,
    {{ demand_forecast.row_hash(demand_forecast.hashed_columns()) }} as row_hash
from checked
