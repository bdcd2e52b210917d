-- One row per dimension (category, search term), value and complete week: actual and expected units, the growth of the last four
-- weeks, and whether that is a trend. Of the weeks flagged, about trend_false_discovery_rate are chance (Benjamini-Hochberg over all
-- values of the dimension in the week). A rise that the same weeks of the year before showed as well is season, and expected.
with judged as (

    select
        weeks.*,
        scales.scale,
        lag(weeks.recent_occasions, 52) over by_value as occasions_a_year_before,
        lag(weeks.recent_occasions_factor * weeks.reference_occasions, 52) over by_value as expected_a_year_before,
        lag(weeks.surprise / scales.scale, 52) over by_value as strength_a_year_before
    from {{ ref('demand_forecast', 'pred_market_weeks') }} as weeks
    left join {{ ref('demand_forecast', 'pred_market_scales') }} as scales
        on weeks.dimension_type = scales.dimension_type
            and weeks.dimension_value = scales.dimension_value
            and weeks.week_start_date = scales.week_start_date
    window by_value as (partition by weeks.dimension_type, weeks.dimension_value order by weeks.week_start_date)

),

seasonal as (

    select
        *,
        case
            when strength_a_year_before > 2 then coalesce(occasions_a_year_before / nullif(expected_a_year_before, 0), 1) else 1
        end as season_factor
    from judged

),

measured as (

    select
        *,
        recent_units_factor * season_factor * reference_units as recent_expected_units,
        {{ demand_forecast.rate_surprise('recent_occasions', 'reference_occasions', 'recent_occasions_factor * season_factor') }} / scale as strength
    from seasonal

),

tested as (

    select
        *,
        {{ demand_forecast.upper_tail('strength') }} as chance,
        count(strength) over (partition by dimension_type, week_start_date) as series_count
    from measured

),

ranked as (

    select
        *,
        {{ demand_forecast.setting('trend_false_discovery_rate') }} * row_number() over (
            partition by dimension_type, week_start_date order by chance nulls last, dimension_value
        ) / series_count as allowed_chance
    from tested

)

select
    dimension_type,
    dimension_value,
    week_start_date,
    round(cast(units as double), 9) as actual_units,
    round(week_factor * season_factor * reference_units, 9) as expected_units,
    round(cast(recent_units as double), 9) as recent_actual_units,
    round(recent_expected_units, 9) as recent_expected_units,
    round(recent_units / nullif(recent_expected_units, 0) - 1, 9) as growth_rate,
    round(strength, 9) as strength,
    series_count,
    coalesce(
        chance <= max(case when chance <= allowed_chance then chance end) over (partition by dimension_type, week_start_date), false
    ) as is_trending
from ranked
