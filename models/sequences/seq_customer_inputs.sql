-- One row per customer and origin: everything that the network reads, as one struct and two lists.
{{ config(materialized='view') }}
{{ demand_forecast.customer_inputs() }}
