{#- Select over one event source: its raw rows in this package's columns. Text is kept as it came, beside what it parsed to. -#}
{% macro mapped_event_rows(source) %}
{%- set text_columns = ['event_id', 'customer_id', 'visitor_id', 'product_id', 'session_id', 'search_term'] %}
select
    {{ demand_forecast.literal(source.name) }} as source_name,
    {%- for name in text_columns %}
    nullif(trim({{ demand_forecast.mapped_column(source, name, 'text') }}), '') as {{ name }},
    {%- endfor %}
    {%- if 'event_type' in source.columns %}
    {{ demand_forecast.mapped_column(source, 'event_type', 'text') }} as raw_event_type,
    {%- else %}
    {{ demand_forecast.literal(source.constants.event_type) }} as raw_event_type,
    {%- endif %}
    {%- if 'channel' in source.columns %}
    {{ demand_forecast.mapped_column(source, 'channel', 'text') }} as channel,
    {%- else %}
    {{ demand_forecast.literal(source.constants.get('channel', source.name)) }} as channel,
    {%- endif %}
    {{ demand_forecast.mapped_column(source, 'event_at', 'text') }} as raw_event_at,
    {{ demand_forecast.utc_timestamp(adapter.quote(source.columns.event_at), source.time_zone) }} as event_at,
    {{ demand_forecast.mapped_column(source, 'quantity', 'text') }} as raw_quantity,
    {{ demand_forecast.mapped_column(source, 'quantity', 'double') }} as quantity,
    {{ demand_forecast.mapped_column(source, 'amount', 'text') }} as raw_amount,
    {{ demand_forecast.mapped_column(source, 'amount', 'double') }} as amount,
    {{ demand_forecast.mapped_column(source, 'unit_price', 'text') }} as raw_unit_price,
    {{ demand_forecast.mapped_column(source, 'unit_price', 'double') }} as unit_price,
    {{ demand_forecast.mapped_column(source, 'loaded_at', 'timestamp') }} as loaded_at
from {{ demand_forecast.mapped_relation(source) }}
{%- endmacro %}
