-- Accepted + rejected + duplicates + anonymous = raw, for every source. The right side counts the user's own tables.
with raw as (

    {%- for source in demand_forecast.event_sources() %}
    select {{ demand_forecast.literal(source.name) }} as source_name, count(*) as row_count
    from {{ demand_forecast.mapped_relation(source) }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select cast(null as {{ dbt.type_string() }}) as source_name, 0 as row_count where false
    {%- endfor %}

),

judged as (

    select
        source_name,
        sum(row_count) as row_count
    from {{ ref('demand_forecast', 'stg_event_counts') }}
    group by source_name

)

select
    coalesce(raw.source_name, judged.source_name) as source_name,
    coalesce(raw.row_count, 0) as raw_count,
    coalesce(judged.row_count, 0) as judged_count
from raw
full outer join judged on raw.source_name = judged.source_name
where coalesce(raw.row_count, 0) <> coalesce(judged.row_count, 0)
