-- One row per origin (the latest one, and test origins), horizon and category: units that the product side expects, those of products
-- that are not seen yet included, and what came true of the same products; null while the window is open.
{{ config(materialized='table') }}
with said_in_all as (

    select as_of_date, horizon_days, sum(expected_units) as expected_units, sum(actual_units) as actual_units
    from {{ ref('demand_forecast', 'err_outlook_known_products') }}
    group by as_of_date, horizon_days

),

not_seen as (

    select
        shares.as_of_date,
        shares.horizon_days,
        shares.category,
        said_in_all.expected_units * shares.expected_units_share as expected_units,
        said_in_all.actual_units * shares.actual_units_share as actual_units
    from {{ ref('demand_forecast', 'lbl_unseen_shares') }} as shares
    inner join said_in_all on shares.as_of_date = said_in_all.as_of_date and shares.horizon_days = said_in_all.horizon_days
    where shares.side = 'products'

),

in_parts as (

    select * from {{ ref('demand_forecast', 'err_outlook_known_products') }}
    union all
    select * from not_seen

)

select
    as_of_date,
    horizon_days,
    category,
    round(sum(expected_units), 9) as expected_units,
    case when count(actual_units) > 0 then round(sum(actual_units), 9) end as actual_units
from in_parts
group by as_of_date, horizon_days, category
