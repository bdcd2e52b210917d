-- One row per task: whether the mapped data can carry it, why not, and the counts behind that.
with counts as (

    select
        coalesce(sum(row_count) filter (where verdict = 'accepted'), 0) as accepted_count,
        coalesce(sum(row_count) filter (where verdict = 'rejected'), 0) as rejected_count,
        coalesce(sum(row_count), 0) as raw_count
    from {{ ref('demand_forecast', 'stg_event_counts') }}

),

steps as (

    select
        count(distinct customer_id) as customer_count,
        coalesce(sum(purchase_count), 0) as purchase_count,
        count(distinct event_date) as day_count
    from {{ ref('demand_forecast', 'seq_customer_steps') }}
    where event_count > 0

),

roles as (

    select
        count(*) filter (where role = 'train') as training_rows,
        count(*) filter (where role = 'validation') as validation_rows,
        count(*) filter (where role = 'latest') as eligible_customers
    from {{ ref('demand_forecast', 'seq_origins') }}

),

newest_days as (

    select
        source_name,
        max(event_date) as newest_date
    from {{ ref('demand_forecast', 'stg_event_counts') }}
    where verdict = 'accepted' and row_count > 0
    group by source_name

),

sources as (

    select
        min_by(source_name, newest_date) as slowest_source,
        {{ demand_forecast.days_between('min(newest_date)', 'max(newest_date)') }} as days_behind
    from newest_days

),

facts as (

    select
        counts.*,
        steps.*,
        roles.*,
        cuts.*,
        sources.slowest_source,
        coalesce(sources.days_behind, 0) as days_behind,
        hours.quietest_hour,
        hours.is_night
    from counts
    cross join steps
    cross join roles
    cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
    cross join sources
    left join {{ ref('demand_forecast', 'err_input_hours') }} as hours on true

),

judged as (

    select
        *,
        case
            when raw_count = 0 then 'the mapped event tables are empty: load events, or map tables under var event_sources'
            when accepted_count = 0 then 'no event was accepted: see rejected_events for the reasons'
            when purchase_count = 0 then 'no purchase was accepted: map your word for it to purchase under event_types'
            when training_rows = 0 or validation_rows = 0
                then 'the data spans ' || day_count || ' days, too few for training: it needs more than '
                    || '{{ demand_forecast.setting('test_days') + demand_forecast.setting('validation_days') }} days; lower test_days and validation_days, or wait'
        end as refusal,
        case
            when raw_count > 0 and rejected_count > 0.05 * raw_count
                then 'more than 5 % of the rows were rejected (see rejected_events); ' else ''
        end
        || case
            when days_behind > 2
                then 'source ' || slowest_source || ' is ' || days_behind || ' days behind the others and holds the forecasts back; ' else ''
        end
        || case
            when not is_night
                then 'the quietest hour is ' || quietest_hour || ':00 in {{ demand_forecast.setting('time_zone') }}, which is not at night: check time_zone; ' else ''
        end
        || case
            when purchase_count between 1 and 199 then 'only ' || purchase_count || ' purchases: expect little from training; ' else ''
        end as warnings
    from facts

)

select
    'customer_demand' as task,
    case when refusal is not null then 'refused' when warnings <> '' then 'warning' else 'ready' end as status,
    coalesce(refusal, nullif(rtrim(warnings, '; '), ''), 'enough events, purchases and days') as reason,
    raw_count,
    accepted_count,
    rejected_count,
    customer_count,
    purchase_count,
    day_count,
    training_rows,
    validation_rows,
    eligible_customers,
    first_event_date,
    fitted_through_date,
    trained_through_date,
    latest_origin_date,
    slowest_source,
    days_behind,
    quietest_hour
from judged
