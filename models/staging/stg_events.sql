-- One row per accepted event.
{{ demand_forecast.accepted_events(ref('demand_forecast', 'stg_event_rows')) }}
