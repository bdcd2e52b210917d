{#- What a raw row's hash covers: every mapped column as it came, and what the mapping, the links and the run's day made of it.
    loaded_at is a mapped column like any other. -#}
{% macro hashed_columns() %}
  {{ return(['source_name', 'raw_hash', 'customer_id', 'event_date', 'event_type', 'is_linked', 'row_reason']) }}
{% endmacro %}
