-- One row per dimension, value and week of the market: what the eight weeks before the last four let expect of the week and of the
-- last four, and the surprise of the latter. What season and sales days do to the others of its dimension, they are taken to do to it:
-- expected are the reference units times how the others' units grew. Alone, or without others, it is expected as it was.
{%- set recent_weeks = 4 %}
{%- set reference_weeks = 8 %}
{%- set by_value = 'partition by dimension_type, dimension_value order by week_start_date rows between ' %}
{%- set recent = by_value ~ (recent_weeks - 1) ~ ' preceding and current row' %}
{%- set reference = by_value ~ (recent_weeks + reference_weeks - 1) ~ ' preceding and ' ~ recent_weeks ~ ' preceding' %}
with beside_others as (

    select
        *,
        sum(units) over (partition by dimension_type, week_start_date) - units as other_units
    from {{ ref('demand_forecast', 'seq_market_weeks') }}

),

summed as (

    select
        *,
        sum(units) over ({{ recent }}) as recent_units,
        sum(other_units) over ({{ recent }}) as recent_other_units,
        sum(units) over ({{ reference }}) as reference_units,
        sum(other_units) over ({{ reference }}) as reference_other_units,
        count(*) over ({{ reference }}) = {{ reference_weeks }} as is_known
    from beside_others

),

compared as (

    select
        *,
        case when is_known then coalesce(other_units / nullif(reference_other_units, 0), 1.0 / {{ reference_weeks }}) end as week_factor,
        case when is_known then coalesce(recent_other_units / nullif(reference_other_units, 0), {{ recent_weeks }}.0 / {{ reference_weeks }}) end as recent_factor
    from summed

)

select
    dimension_type,
    dimension_value,
    week_start_date,
    units,
    recent_units,
    reference_units,
    week_factor,
    recent_factor,
    case
        when recent_units + reference_units >= {{ demand_forecast.setting('trend_least_units') }}
            then {{ demand_forecast.rate_surprise('recent_units', 'reference_units', 'recent_factor') }}
    end as surprise
from compared
