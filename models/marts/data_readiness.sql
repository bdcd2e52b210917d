-- One row per task: whether the mapped data can carry it, why not, and the counts behind that.
{%- set no_rows = 'the mapped event tables are empty: load events' if demand_forecast.event_sources() else demand_forecast.no_source_mapped() %}
with judged as (

    select
        *,
        accepted_count = 0 or empty_source is not null as lacks_events,
        case
            when raw_count = 0 then {{ demand_forecast.literal(no_rows) }}
            when accepted_count = 0 then 'no event was accepted: see rejected_events for the reasons'
            when unsound_count > 0
                then 'the source ' || empty_source || ' has no sound row: all of its ' || unsound_count || ' were left out, most often as '
                    || unsound_reason || ' (see rejected_events)'
            when empty_source is not null
                then 'the source ' || empty_source || ' has no sound row: load it, or map it with required: false to run ahead of it'
            when purchase_count = 0 then 'no purchase was accepted: map your word for it to purchase under event_types'
            when training_rows = 0 or validation_rows = 0
                then 'no origin is left for ' || case when training_rows = 0 then 'training' else 'validation' end || ': the data spans '
                    || day_count || ' active days through ' || latest_origin_date || ', cut at ' || fitted_through_date || ' and '
                    || trained_through_date || '; lower test_days and validation_days, move the dates that vars fix, or wait'
        end as refusal,
        case
            when rejected_share > 0.05
                then cast(round(100 * rejected_share) as integer) || ' % of source ' || rejected_source
                    || ' was rejected, most often as ' || rejected_reason || ' (see rejected_events); ' else ''
        end
        || case
            when duplicate_share > 0.2
                then cast(round(100 * duplicate_share) as integer) || ' % of source ' || duplicate_source
                    || ' is duplicates (is event_id one per order rather than one per line?); ' else ''
        end
        || case
            when guest_purchase_count > 0.05 * (guest_purchase_count + purchase_count)
                then cast(round(100.0 * guest_purchase_count / (guest_purchase_count + purchase_count)) as integer)
                    || ' % of purchases are of guests, whose rows name no customer: no forecast of customers or products counts them; ' else ''
        end
        || case
            when least(buyer_count, visitor_count) >= 50 and visiting_buyer_count < 0.05 * least(buyer_count, visitor_count)
                then 'only ' || visiting_buyer_count || ' of ' || buyer_count || ' buyers are among the ' || visitor_count
                    || ' customers seen browsing: do all sources name customers alike (see identity_links)?; ' else ''
        end
        || case
            when days_behind > 2
                then 'source ' || slowest_source || ' is ' || days_behind || ' days behind the others and holds the forecasts back; ' else ''
        end
        {%- for name, column in [('as_of_date', 'latest_origin_date'), ('trained_through_date', 'trained_through_date'), ('fitted_through_date', 'fitted_through_date')] if demand_forecast.setting(name) %}
        || case
            when {{ column }} < cast('{{ demand_forecast.setting(name) }}' as date)
                then 'var {{ name }} lies after the data or after a later cut, and ' || {{ column }} || ' is used; ' else ''
        end
        {%- endfor %}
        || case
            when not is_night
                then 'the quietest hour of source ' || quietest_source || ' is ' || quietest_hour || ':00 in {{ demand_forecast.setting('time_zone') }}, which is not at night: check time_zone; ' else ''
        end
        {%- set time_zone = demand_forecast.setting('time_zone') %}
        {%- for source in demand_forecast.event_sources() if not source.has_time_zone and time_zone != 'UTC' %}
        || 'source {{ source.name }} has no time_zone, so that clocks without one are taken for UTC: say time_zone: {{ time_zone }}, or UTC; '
        {%- endfor %}
        || case
            when is_champion_of_other_mapping
                then 'the champion was trained on events that were mapped otherwise: demand train --promote; ' else ''
        end
        || case
            when purchase_count between 1 and 199 then 'only ' || purchase_count || ' purchases: expect little from training; ' else ''
        end as warnings
    from {{ ref('demand_forecast', 'err_input_facts') }}

),

tasks as (

    select 'customer_demand' as task, true as is_mapped, refusal, warnings, training_rows, validation_rows
    from judged
    union all
    -- Where a source brings nothing, that is why products have nothing, not what would follow from it.
    select
        products.task,
        products.is_mapped,
        case when products.is_mapped and judged.lacks_events then judged.refusal else products.refusal end as refusal,
        products.warnings,
        products.training_rows,
        products.validation_rows
    from {{ ref('demand_forecast', 'err_product_readiness') }} as products
    cross join judged

)

select
    tasks.task,
    case when tasks.refusal is not null then 'refused' when tasks.warnings <> '' then 'warning' else 'ready' end as status,
    coalesce(tasks.refusal, nullif(rtrim(tasks.warnings, '; '), ''), 'enough events, purchases and days') as reason,
    tasks.is_mapped,
    judged.raw_count,
    judged.accepted_count,
    judged.rejected_count,
    judged.customer_count,
    judged.purchase_count,
    judged.day_count,
    tasks.training_rows,
    tasks.validation_rows,
    judged.eligible_customers,
    judged.first_event_date,
    judged.fitted_through_date,
    judged.trained_through_date,
    judged.latest_origin_date,
    judged.slowest_source,
    judged.days_behind,
    judged.quietest_hour
from tasks
cross join judged
