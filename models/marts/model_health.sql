-- One row per task: whether the version that serves still holds, and why not.
{%- set alarm = demand_forecast.setting('health_alarm') %}
with judged as (

    select
        *,
        case when too_low > {{ alarm }} then 'forecasts have been too low for too many days; ' else '' end
        || case when too_high > {{ alarm }} then 'forecasts have been too high for too many days; ' else '' end
        || case when too_lossy > {{ alarm }} then 'forecasts have told customers apart worse than they claim; ' else '' end as alarms,
        case when greatest(too_low, too_high, too_lossy) between {{ alarm }} / 2.0 and {{ alarm }} then 'surprises are adding up; ' else '' end
        || case when recent_loss > recent_baseline_loss then 'the baseline was better over the newest judged days; ' else '' end
        || case
            when stability_index > {{ demand_forecast.setting('health_drift') }}
                then 'the feature ' || drifted_feature || ' has moved (stability index ' || round(stability_index, 2) || '); ' else ''
        end
        || case
            when days_behind > {{ demand_forecast.setting('health_stale_days') }}
                then 'the data ends ' || days_behind || ' days before this run: forecasts are stale; ' else ''
        end
        || case when erased_customers > 0 then 'retrain due: it has learnt from customers who were erased (' || erased_customers || '); ' else '' end as warnings
    from {{ ref('demand_forecast', 'err_health_facts') }}

)

select
    task,
    champion_version,
    as_of_date,
    case
        when champion_version = 'baseline' then case when warnings <> '' then 'warning' else 'ok' end
        when alarms <> '' then 'retrain'
        when warnings <> '' then 'warning'
        else 'ok'
    end as status,
    coalesce(
        nullif(rtrim(alarms || warnings, '; '), ''),
        case
            when champion_version = 'baseline' then 'the baseline serves'
            when judged_days = 0 then 'no forecast of this version has been judged yet'
            else 'the newest judged days are as expected'
        end
    ) as reasons,
    judged_days,
    round(too_low, 6) as too_low,
    round(too_high, 6) as too_high,
    round(too_lossy, 6) as too_lossy,
    changed_since_date,
    case
        when champion_version = 'baseline' then null
        when greatest(too_low, too_high) > {{ alarm }} then 'intercept'
        when too_lossy > {{ alarm }} then 'finetune'
    end as suggested_action,
    round(recent_loss, 9) as recent_loss,
    round(recent_baseline_loss, 9) as recent_baseline_loss,
    round(recent_bias, 9) as recent_bias,
    validation_log_loss,
    drifted_feature,
    round(stability_index, 6) as stability_index,
    days_behind
from judged
