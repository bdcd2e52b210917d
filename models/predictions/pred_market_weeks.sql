-- One row per dimension, value and week of the market: what the eight weeks before the last four let expect of the week and of the
-- last four, and the surprise of the latter. What season and sales days do to the others of its dimension, they are taken to do to it:
-- expected are the reference units times how the others' units grew. Alone, or without others, it is expected as it was. The surprise
-- counts occasions: an order line of six units is no stronger a sign than one of a single unit.
{%- set recent_weeks = 4 %}
{%- set reference_weeks = 8 %}
{%- set measures = ['units', 'occasions'] %}
{%- set by_value = 'partition by dimension_type, dimension_value order by week_start_date rows between ' %}
{%- set recent = by_value ~ (recent_weeks - 1) ~ ' preceding and current row' %}
{%- set reference = by_value ~ (recent_weeks + reference_weeks - 1) ~ ' preceding and ' ~ recent_weeks ~ ' preceding' %}
with beside_others as (

    select
        *,
        {%- for measure in measures %}
        sum({{ measure }}) over (partition by dimension_type, week_start_date) - {{ measure }} as other_{{ measure }},
        {%- endfor %}
        count(*) over ({{ reference }}) = {{ reference_weeks }} as is_known
    from {{ ref('demand_forecast', 'seq_market_weeks') }}

),

summed as (

    select
        *
        {%- for measure in measures %},
        sum({{ measure }}) over ({{ recent }}) as recent_{{ measure }},
        sum(other_{{ measure }}) over ({{ recent }}) as recent_other_{{ measure }},
        sum({{ measure }}) over ({{ reference }}) as reference_{{ measure }},
        sum(other_{{ measure }}) over ({{ reference }}) as reference_other_{{ measure }}
        {%- endfor %}
    from beside_others

),

compared as (

    select
        *,
        case when is_known then coalesce(other_units / nullif(reference_other_units, 0), 1.0 / {{ reference_weeks }}) end as week_factor
        {%- for measure in measures %},
        case
            when is_known
                then coalesce(recent_other_{{ measure }} / nullif(reference_other_{{ measure }}, 0), {{ recent_weeks }}.0 / {{ reference_weeks }})
        end as recent_{{ measure }}_factor
        {%- endfor %}
    from summed

)

select
    dimension_type,
    dimension_value,
    week_start_date,
    units,
    recent_units,
    reference_units,
    recent_occasions,
    reference_occasions,
    week_factor,
    recent_units_factor,
    recent_occasions_factor,
    case
        when recent_occasions + reference_occasions >= {{ demand_forecast.setting('trend_least_units') }}
            then {{ demand_forecast.rate_surprise('recent_occasions', 'reference_occasions', 'recent_occasions_factor') }}
    end as surprise
from compared
