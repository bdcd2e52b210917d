{#- The columns of mapped_event_rows, without a row: for a project that maps no source. It is warned while it builds, once, since
    empty forecasts are green. -#}
{% macro no_event_rows() %}
{%- if execute and flags.WHICH in ['build', 'run'] %}
{%- do exceptions.warn("demand_forecast: " ~ demand_forecast.no_source_mapped()) %}
{%- endif %}
select
    {%- for name in ['source_name', 'event_id', 'customer_id', 'visitor_id', 'product_id', 'session_id', 'search_term', 'raw_event_type', 'channel', 'raw_event_at'] %}
    cast(null as {{ dbt.type_string() }}) as {{ name }},
    {%- endfor %}
    cast(null as timestamp) as event_at,
    cast(null as date) as own_date,
    {%- for name in ['quantity', 'amount', 'unit_price'] %}
    cast(null as {{ dbt.type_string() }}) as raw_{{ name }},
    cast(null as double) as {{ name }},
    false as has_{{ name }},
    {%- endfor %}
    cast(null as bigint) as raw_hash,
    cast(null as timestamp) as loaded_at
where false
{% endmacro %}
