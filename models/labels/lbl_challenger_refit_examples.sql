-- One row per customer and origin before the latest one: what was known, and what came true on each of the next days until the cut.
-- They teach and validate the refit of a challenger that passed its gate.
{{ config(materialized='view') }}
{{ demand_forecast.challenger_examples('refit') }}
