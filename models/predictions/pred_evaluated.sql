-- At most one row: the model version that answers test origins, with its network. It is the champion, or where that is a refit
-- through the latest day, the version that it was made of: that one has not seen the test days.
{{ config(materialized='view') }}
{{ demand_forecast.evaluated_of(ref('demand_forecast', 'pred_champion')) }}
