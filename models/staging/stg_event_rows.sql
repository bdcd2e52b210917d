-- One row per raw row, with its verdict: accepted, duplicate, rejected or anonymous.
{{ demand_forecast.judged_rows(ref('demand_forecast', 'stg_checked_rows')) }}
