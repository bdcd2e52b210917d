{#- The package's word for a source's event type, or null for one that is not mapped. No IN: DuckDB joins a
    list of this length, and the filter on days would stay above that join, so that every row would be hashed. -#}
{% macro mapped_event_type() %}
  case
    {%- for source in demand_forecast.event_sources() %}
    {%- for word, event_type in source.event_types.items() %}
    when source_name = {{ demand_forecast.literal(source.name) }} and raw_event_type = {{ demand_forecast.literal(word) }} then '{{ event_type }}'
    {%- endfor %}
    {%- if source.event_types %}
    when source_name = {{ demand_forecast.literal(source.name) }} then null
    {%- endif %}
    {%- endfor %}
    {%- for event_type in demand_forecast.event_types() %}
    when raw_event_type = '{{ event_type }}' then '{{ event_type }}'
    {%- endfor %}
  end
{% endmacro %}
