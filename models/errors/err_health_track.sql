-- One row per task, model version and judged origin: cumulative sums of the surprises (Page's CUSUM, 1954), which a run of days beyond
-- what is allowed drives up, and which fall back to 0 otherwise. They can be looked at every day without asking more of chance.
-- Allowed are half a spread, and health_tolerance of the level itself. The spread is that of the version's first judged days, since
-- customers share their days and vary more together than alone.
{%- set by_version = 'partition by task, model_version' %}
{%- set tolerance = demand_forecast.setting('health_tolerance') %}
with numbered as (

    select
        *,
        row_number() over ({{ by_version }} order by as_of_date) as day_number
    from {{ ref('demand_forecast', 'err_daily_surprise') }}

),

spread as (

    select
        *,
        {%- for name in ['level', 'loss'] %}
        greatest(coalesce(stddev_pop(case when day_number <= {{ demand_forecast.setting('health_first_days') }} then {{ name }}_surprise end) over ({{ by_version }}), 1), 1) as {{ name }}_spread{{ ',' if not loop.last }}
        {%- endfor %}
    from numbered

),

excess as (

    select
        *,
        coalesce(level_surprise - {{ tolerance }} * level_scale, 0) / level_spread - 0.5 as too_low,
        coalesce(-level_surprise - {{ tolerance }} * level_scale, 0) / level_spread - 0.5 as too_high,
        coalesce(loss_surprise - {{ tolerance }} * loss_scale, 0) / loss_spread - 0.5 as too_lossy
    from spread

),

walked as (

    select
        *,
        {%- for name in ['too_low', 'too_high', 'too_lossy'] %}
        sum({{ name }}) over ({{ by_version }} order by as_of_date rows between unbounded preceding and current row) as {{ name }}_sum{{ ',' if not loop.last }}
        {%- endfor %}
    from excess

)

select
    task,
    model_version,
    as_of_date,
    day_number,
    row_count,
    actual,
    expected,
    loss,
    baseline_loss,
    {%- for name in ['too_low', 'too_high', 'too_lossy'] %}
    {{ name }}_sum - least(min({{ name }}_sum) over ({{ by_version }} order by as_of_date rows between unbounded preceding and current row), 0) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from walked
