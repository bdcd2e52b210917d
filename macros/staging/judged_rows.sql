{#- Select that gives every checked row its verdict. Callers pass the rows of the days they need, whole days only: both windows lie
    inside a customer's day, so a slice of days is judged as it would be in the whole. -#}
{% macro judged_rows(checked_rows) %}
with copies as (

    select
        *,
        row_number() over (
            partition by
                event_date,
                customer_id,
                source_name,
                row_reason,
                event_id,
                case when event_id is null then row_hash end
            order by loaded_at nulls last, event_at, row_hash
        ) as copy_number
    from {{ checked_rows }}

),

rows_of_day as (

    select
        *,
        count(case when copy_number = 1 then 1 end) over (partition by event_date, customer_id, row_reason) as rows_of_customer
    from copies

),

judged as (

    select
        *,
        case
            when row_reason is not null then row_reason
            when rows_of_customer > {{ demand_forecast.setting('max_events_per_day') }} then 'too_many_events'
            when copy_number > 1 then 'duplicate_row'
        end as reason
    from rows_of_day

)

select
    source_name,
    event_id,
    raw_customer_id,
    customer_id,
    visitor_id,
    raw_event_at,
    event_at,
    own_date,
    event_date,
    raw_event_type,
    event_type,
    channel,
    product_id,
    session_id,
    search_term,
    raw_quantity,
    quantity,
    raw_amount,
    amount,
    raw_unit_price,
    unit_price,
    is_linked,
    loaded_at,
    row_hash,
    case when event_type in ('purchase', 'return') then coalesce(abs(quantity), 1) else 0 end as counted_units,
    cast(
        case
            when reason is null and event_type in ('purchase', 'return')
                then coalesce(abs(amount), abs(unit_price) * coalesce(abs(quantity), 1), 0)
            else 0
        end as decimal(18, 4)
    ) as counted_amount,
    reason,
    case
        when reason is null then 'accepted'
        when reason = 'duplicate_row' then 'duplicate'
        when reason = 'anonymous_visitor' then 'anonymous'
        else 'rejected'
    end as verdict
from judged
{%- endmacro %}
