-- One row per group of judged forecasts, kind of slice and slice: how far the level is off there, how the model does beside the baseline, and
-- whether chance explains it. Many slices are looked at, so a flag is told among all of a group (Benjamini and Hochberg, 1995).
{%- set group_columns = demand_forecast.judged_group() %}
{%- set rate = demand_forecast.setting('slice_false_discovery_rate') %}
with summed as (

    select
        {{ group_columns }},
        slice_kind,
        slice,
        count(*) as customer_count,
        cast(sum(row_count) as bigint) as row_count,
        cast(sum(actual) as double) as actual,
        sum(expected) as expected,
        sum(log_loss) as log_loss,
        sum(log_loss) - sum(excess_log_loss) as baseline_log_loss,
        sum(actual - expected) / sqrt(nullif(sum(pow(actual - expected, 2)), 0)) as level_strength,
        sum(excess_log_loss) / sqrt(nullif(sum(pow(excess_log_loss, 2)), 0)) as loss_strength
    from {{ ref('demand_forecast', 'err_customer_slices') }}
    group by {{ group_columns }}, slice_kind, slice

),

tested as (

    select
        *,
        2 * {{ demand_forecast.upper_tail('abs(level_strength)') }} as level_chance,
        {{ demand_forecast.upper_tail('loss_strength') }} as loss_chance,
        count(*) over (partition by {{ group_columns }}) as slice_count
    from summed
    where customer_count >= {{ demand_forecast.setting('slice_least_customers') }}

),

ranked as (

    select
        *,
        {%- for name in ['level', 'loss'] %}
        {{ rate }} * row_number() over (
            partition by {{ group_columns }} order by {{ name }}_chance nulls last, slice_kind, slice
        ) / slice_count as {{ name }}_allowed{{ ',' if not loop.last }}
        {%- endfor %}
    from tested

)

select
    {{ group_columns }},
    slice_kind,
    slice,
    customer_count,
    row_count,
    round(actual, 6) as actual_purchases,
    round(expected, 6) as expected_purchases,
    round(round(expected, 6) / nullif(actual, 0) - 1, 9) as bias,
    round(level_strength, 6) as level_strength,
    coalesce(level_chance <= max(case when level_chance <= level_allowed then level_chance end) over (partition by {{ group_columns }}), false) as is_level_off,
    round(log_loss / row_count, 9) as log_loss,
    round(baseline_log_loss / row_count, 9) as baseline_log_loss,
    round(1 - log_loss / nullif(baseline_log_loss, 0), 9) as skill,
    round(loss_strength, 6) as loss_strength,
    coalesce(loss_chance <= max(case when loss_chance <= loss_allowed then loss_chance end) over (partition by {{ group_columns }}), false) as is_worse_than_baseline
from ranked
