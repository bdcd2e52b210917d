-- One row per product with a stock count: the newest one not later than the latest origin. A count without a day is of today,
-- so it comes last where as_of_date is set. Nobody waits longer than ten years: a lead time beyond is a slip, and days are added
-- to it.
{{ config(materialized='view') }}
select
    stock.product_id,
    cuts.latest_origin_date as as_of_date,
    stock.snapshot_date,
    stock.on_hand,
    case when {{ demand_forecast.is_finite('stock.on_order') }} then greatest(stock.on_order, 0) else 0 end as on_order,
    case when stock.lead_time_days >= 0 then least(stock.lead_time_days, 3650) else {{ demand_forecast.setting('default_lead_time_days') }} end as lead_time_days
from {{ ref('demand_forecast', 'stg_stock') }} as stock
cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
where {{ demand_forecast.is_finite('stock.on_hand') }}
    and cuts.latest_origin_date is not null
    and coalesce(stock.snapshot_date <= cuts.latest_origin_date, true)
qualify row_number() over (partition by stock.product_id order by stock.snapshot_date desc nulls {{ 'last' if demand_forecast.setting('as_of_date') else 'first' }}) = 1
