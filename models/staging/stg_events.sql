-- One row per accepted event, with units and money as the forecasts count them.
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
    counted_units as quantity,
    counted_amount as amount
from {{ ref('demand_forecast', 'stg_event_rows') }}
where verdict = 'accepted'
