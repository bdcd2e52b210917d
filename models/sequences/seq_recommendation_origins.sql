-- One row per eligible customer at the latest origin, with a hash that changes when its recommendations are to be asked anew: with the
-- customer's own history, the categories of products that were known by then, and the vars; and with the shop's events as a whole, from
-- which popularity and neighbours come, when these have grown or shrunk by about a hundredth. What sells out within the day is left out of
-- what was said.
{{ config(materialized='view') }}
with shop as (

    select
        coalesce((
            select cast(floor(100 * ln(1 + sum(days.step_row_count))) as bigint)
            from {{ ref('demand_forecast', 'stg_event_days') }} as days
            cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
            where days.event_date <= cuts.latest_origin_date
                and days.event_date > {{ demand_forecast.add_days('cuts.latest_origin_date', -demand_forecast.setting('active_days')) }}
        ), 0) as shop_hundredths,
        coalesce((
            select {{ demand_forecast.hash_sum(demand_forecast.row_hash(['product_id', 'category'])) }}
            from {{ ref('demand_forecast', 'stg_products') }}
            where product_id in (
                select days.product_id
                from {{ ref('demand_forecast', 'seq_product_days') }} as days
                cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
                where days.event_date <= cuts.latest_origin_date
            )
        ), 0) as product_fingerprint

)

select
    origins.customer_id,
    origins.as_of_date,
    origins.role,
    {{ demand_forecast.row_hash([
        'origins.input_hash',
        'shop.shop_hundredths',
        'shop.product_fingerprint',
        demand_forecast.setting('recommendations_k'),
        demand_forecast.setting('recommendation_popular'),
        demand_forecast.setting('recommend_bought'),
        demand_forecast.setting('recommend_out_of_stock')
    ]) }} as input_hash
from {{ ref('demand_forecast', 'seq_origins') }} as origins
cross join shop
where origins.role = 'latest'
