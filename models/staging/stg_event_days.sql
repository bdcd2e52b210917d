-- One row per source and day: how many raw rows, and fingerprints of them. The one scan of everything in a daily run; what has
-- changed is found here, and only the days that changed are read again. Rows without a readable day count for 1900-01-01.
{{ config(materialized='table') }}
select
    source_name,
    {{ demand_forecast.day_of_row() }} as event_date,
    count(*) as raw_count,
    {{ demand_forecast.hash_sum('row_hash') }} as source_fingerprint,
    count(*) filter (where {{ demand_forecast.is_step_row() }}) as step_row_count,
    coalesce({{ demand_forecast.hash_sum('case when ' ~ demand_forecast.is_step_row() ~ ' then row_hash end') }}, 0) as step_fingerprint,
    count(*) filter (where event_type = 'purchase' and (is_linked and row_reason is null or row_reason in ('anonymous_visitor', 'blank_customer_id'))) as guest_purchase_count,
    max(own_date) filter (where row_reason is null) as newest_own_date
from {{ ref('demand_forecast', 'stg_checked_rows') }}
group by source_name, {{ demand_forecast.day_of_row() }}
