-- One row per eligible customer at the latest origin, with a hash of all that its recommendations are made of: the customer's own
-- history, the days of the whole shop, since popularity is read from them, the newest stock counts, the products' categories and the vars.
{{ config(materialized='view') }}
with shop as (

    select
        coalesce((
            select sum(step_fingerprint) from {{ ref('demand_forecast', 'stg_event_days') }}
            where event_date <= (select latest_origin_date from {{ ref('demand_forecast', 'seq_cut_dates') }})
        ), 0) as shop_fingerprint,
        coalesce((
            select {{ demand_forecast.hash_sum(demand_forecast.row_hash(['product_id', 'on_hand > 0'])) }}
            from {{ ref('demand_forecast', 'seq_latest_stock') }}
        ), 0) as stock_fingerprint,
        coalesce((
            select {{ demand_forecast.hash_sum(demand_forecast.row_hash(['product_id', 'category'])) }}
            from {{ ref('demand_forecast', 'stg_products') }}
        ), 0) as product_fingerprint

)

select
    origins.customer_id,
    origins.as_of_date,
    origins.role,
    {{ demand_forecast.row_hash([
        'origins.input_hash',
        'shop.shop_fingerprint',
        'shop.stock_fingerprint',
        'shop.product_fingerprint',
        demand_forecast.setting('recommendations_k'),
        demand_forecast.setting('recommendation_popular'),
        demand_forecast.setting('recommend_bought'),
        demand_forecast.setting('recommend_out_of_stock')
    ]) }} as input_hash
from {{ ref('demand_forecast', 'seq_origins') }} as origins
cross join shop
where origins.role = 'latest'
