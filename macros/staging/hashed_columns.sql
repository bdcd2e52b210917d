{#- What a row's hash covers: every mapped column as it came, what the mapping, the links and the run's day made of it, and the
    one setting that judges it together with others. loaded_at is a mapped column like any other. -#}
{% macro hashed_columns() %}
  {{ return(['source_name', 'raw_hash', 'customer_id', 'event_date', 'event_type', 'channel', 'is_linked', 'row_reason',
             demand_forecast.setting('max_events_per_day')]) }}
{% endmacro %}
