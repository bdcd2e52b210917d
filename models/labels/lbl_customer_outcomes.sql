-- One row per customer, origin and horizon: what came true in (as_of_date, as_of_date + horizon_days]. Only windows that lie
-- whole in the data; a customer who bought nothing has a row of zeros.
with origins as (

    select customer_id, as_of_date
    from {{ ref('demand_forecast', 'seq_origins') }}
    where role = 'test'
    union
    select customer_id, as_of_date
    from {{ ref('demand_forecast', 'pred_customer_ledger') }}

),

horizons as (

    {{ demand_forecast.horizon_rows() }}

),

windows as (

    select
        origins.customer_id,
        origins.as_of_date,
        horizons.horizon_days
    from origins
    cross join horizons
    cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
    where {{ demand_forecast.add_days('origins.as_of_date', 'horizons.horizon_days') }} <= cuts.latest_origin_date

)

select
    windows.customer_id,
    windows.as_of_date,
    windows.horizon_days,
    count(purchase_days.event_date) > 0 as has_purchased,
    round(coalesce(sum(purchase_days.units), 0), 9) as units,
    round(coalesce(sum(purchase_days.revenue), 0), 9) as revenue
from windows
left join {{ ref('demand_forecast', 'lbl_purchase_days') }} as purchase_days
    on windows.customer_id = purchase_days.customer_id
        and purchase_days.event_date > windows.as_of_date
        and purchase_days.event_date <= {{ demand_forecast.add_days('windows.as_of_date', 'windows.horizon_days') }}
group by windows.customer_id, windows.as_of_date, windows.horizon_days
