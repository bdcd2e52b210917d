{#- Select over one event source: its raw rows in this package's columns. Text is kept as it came, beside what it parsed to.
    The day is computed here, next to the table, so that a filter on days reaches the scan. Under pseudonyms the hash leaves the
    customer's own id out, so that none can be tried against a fingerprint: the key is hashed with the row later. -#}
{% macro mapped_event_rows(source) %}
{%- set columns = [] %}
{%- set event_at = demand_forecast.utc_timestamp(adapter.quote(source.columns.event_at), source.time_zone) %}
{%- set read = dict(source.columns) %}
{%- if demand_forecast.setting('pseudonymous_customers') %}
{%- do read.pop('customer_id') %}
{%- endif %}
{%- for column in read.values() | unique %}
{%- do columns.append(adapter.quote(column)) %}
{%- endfor %}
{%- do columns.append(demand_forecast.literal(source.columns | dictsort | string)) %}
select
    {{ demand_forecast.literal(source.name) }} as source_name,
    {{ demand_forecast.customer_key(source) }} as customer_id,
    {%- for name in ['event_id', 'visitor_id', 'product_id'] %}
    {{ demand_forecast.mapped_column(source, name, 'id') }} as {{ name }},
    {%- endfor %}
    {%- for name in ['session_id', 'search_term'] %}
    nullif({{ demand_forecast.mapped_column(source, name, 'text') }}, '') as {{ name }},
    {%- endfor %}
    {%- if 'event_type' in source.columns %}
    {{ demand_forecast.mapped_column(source, 'event_type', 'text') }} as raw_event_type,
    {%- else %}
    {{ demand_forecast.literal(source.constants.event_type) }} as raw_event_type,
    {%- endif %}
    {%- if 'channel' in source.columns %}
    nullif(trim({{ demand_forecast.mapped_column(source, 'channel', 'text') }}), '') as channel,
    {%- else %}
    {{ demand_forecast.literal(source.constants.get('channel', source.name)) }} as channel,
    {%- endif %}
    {{ demand_forecast.mapped_column(source, 'event_at', 'text') }} as raw_event_at,
    {{ event_at }} as event_at,
    cast({{ demand_forecast.local_timestamp(event_at, demand_forecast.setting('time_zone')) }} as date) as own_date,
    {%- for name in ['quantity', 'amount', 'unit_price'] %}
    {{ demand_forecast.mapped_column(source, name, 'text') }} as raw_{{ name }},
    {{ demand_forecast.mapped_column(source, name, 'double') }} as {{ name }},
    {{ demand_forecast.is_filled(adapter.quote(source.columns[name])) if name in source.columns else 'false' }} as has_{{ name }},
    {%- endfor %}
    {{ demand_forecast.row_hash(columns) }} as raw_hash,
    {{ demand_forecast.mapped_column(source, 'loaded_at', 'timestamp') }} as loaded_at
from {{ demand_forecast.mapped_relation(source) }}
{%- endmacro %}
