-- One row per task: what is known of the version that serves. The sums of its surprises on the newest judged day, when those that alarm
-- began to grow, how it and the baseline did over the newest 28 judged days, which feature of customers has moved most, and how old the
-- data is.
{%- set alarm = demand_forecast.setting('health_alarm') %}
with champions as (

    select 'customer_demand' as task, model_version, coalesce(evaluated_version, model_version) as judged_version, validation_log_loss
    from {{ ref('demand_forecast', 'pred_champion') }}
    union all
    select 'product_demand' as task, model_version, coalesce(evaluated_version, model_version) as judged_version, validation_log_loss
    from {{ ref('demand_forecast', 'pred_product_champion') }}

),

tasks as (

    select 'customer_demand' as task
    union all
    select 'product_demand' as task

),

days as (

    -- A day on which both were judged counts once, by what was served.
    select track.*
    from champions
    inner join {{ ref('demand_forecast', 'err_health_track') }} as track
        on champions.task = track.task and track.model_version in (champions.model_version, champions.judged_version)
    qualify row_number() over (
        partition by track.task, track.as_of_date
        order by case when track.model_version = champions.model_version then 1 else 2 end
    ) = 1

),

newest as (

    select
        *,
        row_number() over (partition by task order by as_of_date desc) as days_ago
    from days

),

recent as (

    select
        task,
        count(*) as judged_days,
        max(case when days_ago = 1 then too_low end) as too_low,
        max(case when days_ago = 1 then too_high end) as too_high,
        max(case when days_ago = 1 then too_lossy end) as too_lossy,
        {%- for name in ['too_low', 'too_high', 'too_lossy'] %}
        coalesce({{ demand_forecast.add_days('max(case when ' ~ name ~ ' = 0 then as_of_date end)', 1) }}, min(as_of_date)) as {{ name }}_since,
        {%- endfor %}
        sum(case when days_ago <= 28 then loss end) / nullif(sum(case when days_ago <= 28 then row_count end), 0) as recent_loss,
        sum(case when days_ago <= 28 then baseline_loss end) / nullif(sum(case when days_ago <= 28 then row_count end), 0) as recent_baseline_loss,
        sum(case when days_ago <= 28 then expected end) / nullif(sum(case when days_ago <= 28 then actual end), 0) - 1 as recent_bias
    from newest
    group by task

),

drifted as (

    -- No row where there are too few customers to tell.
    select
        feature as drifted_feature,
        stability_index
    from {{ ref('demand_forecast', 'err_feature_drift') }}
    where not is_growing and stability_index is not null
    qualify row_number() over (order by stability_index desc, feature) = 1

)

select
    tasks.task,
    coalesce(champions.model_version, 'baseline') as champion_version,
    champions.validation_log_loss,
    coalesce(recent.judged_days, 0) as judged_days,
    recent.too_low,
    recent.too_high,
    recent.too_lossy,
    -- A sum that alarms has grown since the day after it was last 0: the usual estimate of when the change came.
    least(
        {%- for name in ['too_low', 'too_high', 'too_lossy'] %}
        case when recent.{{ name }} > {{ alarm }} then recent.{{ name }}_since end{{ ',' if not loop.last }}
        {%- endfor %}
    ) as changed_since_date,
    recent.recent_loss,
    recent.recent_baseline_loss,
    recent.recent_bias,
    case when tasks.task = 'customer_demand' then drifted.drifted_feature end as drifted_feature,
    case when tasks.task = 'customer_demand' then drifted.stability_index end as stability_index,
    cuts.latest_origin_date as as_of_date,
    {{ demand_forecast.days_between('cuts.latest_origin_date', demand_forecast.run_date()) }} as days_behind,
    due.erased_customers
from tasks
left join champions on tasks.task = champions.task
left join recent on tasks.task = recent.task
left join {{ ref('demand_forecast', 'err_retrain_due') }} as due on champions.model_version = due.model_version
left join drifted on true
cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
