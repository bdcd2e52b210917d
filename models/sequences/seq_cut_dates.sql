-- One row: the latest origin and the two dates at which time is cut, once for all horizons.
-- A source's last complete day is the day before its newest one, since the newest may be half loaded.
with sources as (
    {%- set sources = demand_forecast.event_sources() %}
    {%- for source in sources %}
    select {{ demand_forecast.literal(source.name) }} as source_name, {{ source.required }} as is_required
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {%- if not sources %}
    select cast(null as {{ dbt.type_string() }}) as source_name, false as is_required where false
    {%- endif %}
),

accepted_days as (

    select
        source_name,
        event_date
    from {{ ref('demand_forecast', 'stg_event_counts') }}
    where verdict = 'accepted' and row_count > 0

),

last_complete_days as (

    select
        accepted_days.source_name,
        {{ demand_forecast.add_days('max(accepted_days.event_date)', -1) }} as last_complete_date
    from accepted_days
    inner join sources on accepted_days.source_name = sources.source_name
    where sources.is_required
    group by accepted_days.source_name

),

latest as (

    select
        (select min(event_date) from accepted_days) as first_event_date,
        {%- if demand_forecast.setting('as_of_date') %}
        cast('{{ demand_forecast.setting('as_of_date') }}' as date) as latest_origin_date
        {%- else %}
        (select min(last_complete_date) from last_complete_days) as latest_origin_date
        {%- endif %}

),

trained as (

    select
        *,
        {%- if demand_forecast.setting('trained_through_date') %}
        cast('{{ demand_forecast.setting('trained_through_date') }}' as date) as trained_through_date
        {%- else %}
        {{ demand_forecast.add_days('latest_origin_date', -demand_forecast.setting('test_days')) }} as trained_through_date
        {%- endif %}
    from latest

)

select
    first_event_date,
    {%- if demand_forecast.setting('fitted_through_date') %}
    cast('{{ demand_forecast.setting('fitted_through_date') }}' as date) as fitted_through_date,
    {%- else %}
    {{ demand_forecast.add_days('trained_through_date', -demand_forecast.setting('validation_days')) }} as fitted_through_date,
    {%- endif %}
    trained_through_date,
    latest_origin_date
from trained
