-- At most one row: the model version that answers products' test origins, with its network. It is the champion, or where that is
-- a refit through the latest day, the version that it was made of.
{{ config(materialized='view') }}
{{ demand_forecast.evaluated_of(ref('demand_forecast', 'pred_product_champion')) }}
