-- One row per dimension, value and week of the market with a surprise to judge: how large surprises usually are, from the 26 weeks
-- before alone. Real counts spread wider than Poisson's, and those of one week resemble the next. The usual size over all values
-- (1.4826 medians, so that trends among them hardly count) weighs as much as twenty surprises of the value's own; never below 1.
{{ config(materialized='view') }}
{%- set weeks_back = 26 %}
with weeks as (

    select distinct dimension_type, week_start_date
    from {{ ref('demand_forecast', 'pred_market_weeks') }}

),

of_everyone as (

    select
        weeks.dimension_type,
        weeks.week_start_date,
        greatest(1.4826 * percentile_cont(0.5) within group (order by abs(earlier.surprise)), 1) as usual_size
    from weeks
    inner join {{ ref('demand_forecast', 'pred_market_weeks') }} as earlier
        on weeks.dimension_type = earlier.dimension_type
            and earlier.week_start_date < weeks.week_start_date
            and earlier.week_start_date >= {{ demand_forecast.add_days('weeks.week_start_date', -7 * weeks_back) }}
    where earlier.surprise is not null
    group by weeks.dimension_type, weeks.week_start_date
    having count(*) >= 16 and count(distinct earlier.week_start_date) >= 4

),

own as (

    select
        *,
        count(surprise) over earlier_weeks as own_count,
        coalesce(sum(surprise * surprise) over earlier_weeks, 0) as own_squares
    from {{ ref('demand_forecast', 'pred_market_weeks') }}
    window earlier_weeks as (
        partition by dimension_type, dimension_value order by week_start_date
        rows between {{ weeks_back }} preceding and 1 preceding
    )

)

select
    own.dimension_type,
    own.dimension_value,
    own.week_start_date,
    own.surprise,
    greatest(sqrt((20 * of_everyone.usual_size * of_everyone.usual_size + own.own_squares) / (20 + own.own_count)), 1) as scale
from own
inner join of_everyone
    on own.dimension_type = of_everyone.dimension_type and own.week_start_date = of_everyone.week_start_date
where own.surprise is not null
