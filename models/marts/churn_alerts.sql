-- One row per customer at risk at the latest origin: has bought before and will, more likely than the threshold, not within the
-- churn days. The main driver is the first of five facts that holds.
{%- set few = "'purchase days in the last " ~ demand_forecast.setting('active_days') ~ " days: ' || frequency" %}
with at_risk as (

    select
        facts.*,
        cast(round(greatest(facts.usual_gap_days, 1)) as integer) as gap_days
    from {{ ref('demand_forecast', 'pred_customer_churn') }} as facts
    inner join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts on facts.as_of_date = cuts.latest_origin_date
    where facts.churn_probability >= {{ demand_forecast.setting('churn_alert_probability') }}

),

activity as (

    select
        customer_id,
        as_of_date,
        least(tenure_days + 1, 90) as known_days,
        active_day_rate_30d * least(30, tenure_days + 1) as recent_days,
        active_day_rate_90d * least(90, tenure_days + 1) as all_days
    from {{ ref('demand_forecast', 'seq_customer_contexts') }}

),

compared as (

    select
        at_risk.*,
        cast(round(activity.recent_days) as integer) as active_days_now,
        case
            when activity.known_days >= 60
                then cast(round((activity.all_days - activity.recent_days) * 30 / (activity.known_days - 30)) as integer)
        end as active_days_before
    from at_risk
    inner join activity on at_risk.customer_id = activity.customer_id and at_risk.as_of_date = activity.as_of_date

)

select
    customer_id,
    as_of_date,
    churn_days,
    churn_probability,
    last_purchase_date,
    round(churn_probability * churn_days * monetary_value / greatest(known_days, churn_days), 6) as revenue_at_risk,
    case
        when purchase_day_count = 1 then 'only one purchase, on ' || last_purchase_date
        when recency_days > 1.5 * usual_gap_days then recency_days || ' days since the last purchase, usually every ' || gap_days
        when active_days_now * 2 <= active_days_before
            then 'active on ' || active_days_now || ' of the last 30 days, before that on ' || active_days_before || ' of 30'
        when usual_gap_days > churn_days then 'usually buys every ' || gap_days || ' days, less often than every ' || churn_days
        else {{ few }}
    end as main_driver,
    predictor,
    model_version
from compared
