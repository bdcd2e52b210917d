-- One row per customer and origin before the latest one: what was known, and what came true on each of the next days until the cut.
-- They teach, validate and judge a challenger, by role: train, validation, gate.
{{ config(materialized='view') }}
{{ demand_forecast.challenger_examples('gate') }}
