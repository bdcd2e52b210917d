-- At most one row: the model version that serves recommendations, with its network. None where the newest promotion is of the
-- baseline.
{{ config(materialized='view') }}
{{ demand_forecast.champion_of('recommendation') }}
