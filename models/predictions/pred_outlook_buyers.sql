-- One row per horizon at the latest origin: customers expected to buy within it, among those who are known, and with those who are not yet.
-- Buyers of two categories are the same customers twice, so this is not a sum over categories.
{{ config(materialized='table') }}
with known as (

    select
        as_of_date,
        horizon_days,
        sum(cast(purchase_probability as double)) as known_buyers
    from {{ ref('demand_forecast', 'pred_customer_serving') }}
    group by as_of_date, horizon_days

)

select
    known.as_of_date,
    known.horizon_days,
    round(known.known_buyers, 9) as known_buyers,
    round(known.known_buyers + coalesce(shares.expected_buyers, 0), 9) as expected_buyers
from known
left join {{ ref('demand_forecast', 'lbl_unseen_shares') }} as shares
    on known.as_of_date = shares.as_of_date and known.horizon_days = shares.horizon_days and shares.side = 'customers'
