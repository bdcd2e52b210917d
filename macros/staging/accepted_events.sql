{#- Select of the accepted events among judged rows, with units and money as the forecasts count them. -#}
{% macro accepted_events(judged_rows) %}
select
    source_name,
    event_id,
    customer_id,
    event_at,
    event_date,
    event_type,
    channel,
    product_id,
    session_id,
    search_term,
    is_linked,
    loaded_at,
    case when event_type in ('purchase', 'return') then coalesce(abs(quantity), 1) else 0 end as quantity,
    cast(
        case
            when event_type in ('purchase', 'return')
                then coalesce(abs(amount), abs(unit_price) * coalesce(abs(quantity), 1), 0)
            else 0
        end as decimal(18, 4)
    ) as amount
from {{ judged_rows }}
where verdict = 'accepted'
{%- endmacro %}
