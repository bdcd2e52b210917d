-- One row: the counts that say whether the mapped data can carry a forecast.
with counts as (

    select
        coalesce(sum(row_count) filter (where verdict = 'accepted'), 0) as accepted_count,
        coalesce(sum(row_count) filter (where verdict = 'rejected'), 0) as rejected_count,
        coalesce(sum(row_count), 0) as raw_count
    from {{ ref('demand_forecast', 'stg_event_counts') }}

),

worst as (

    select
        max(source_name) filter (where verdict = 'rejected') as rejected_source,
        max(reason) filter (where verdict = 'rejected') as rejected_reason,
        max(verdict_share) filter (where verdict = 'rejected') as rejected_share,
        max(source_name) filter (where verdict = 'duplicate') as duplicate_source,
        max(verdict_share) filter (where verdict = 'duplicate') as duplicate_share
    from {{ ref('demand_forecast', 'err_input_rejections') }}
    where verdict_rank = 1

),

steps as (

    select
        count(distinct steps.customer_id) as customer_count,
        coalesce(sum(steps.purchase_count), 0) as purchase_count,
        -- Purchases count on any day, since they tell whether words are mapped; days only as far as forecasts may look.
        count(distinct case when steps.event_date > cuts.latest_origin_date then null else steps.event_date end) as day_count
    from {{ ref('demand_forecast', 'seq_customer_steps') }} as steps
    cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
    where steps.event_count > 0

),

-- Whether whoever buys is ever seen browsing: sources that name customers differently share hardly any.
customers as (

    select
        sum(purchase_count) > 0 as is_buyer,
        sum(page_view_count + search_count + product_view_count + cart_add_count + linked_event_count) > 0 as is_visitor
    from {{ ref('demand_forecast', 'seq_customer_steps') }}
    group by customer_id

),

overlap as (

    select
        count(*) filter (where is_buyer) as buyer_count,
        count(*) filter (where is_visitor) as visitor_count,
        count(*) filter (where is_buyer and is_visitor) as visiting_buyer_count
    from customers

),

guests as (

    -- As many as a sample of customers would have.
    select cast(round(coalesce(sum(guest_purchase_count), 0) * {{ demand_forecast.setting('customer_sample_percent') }} / 100.0) as bigint) as guest_purchase_count
    from {{ ref('demand_forecast', 'stg_event_days') }}

),

roles as (

    select
        count(*) filter (where role = 'train') as training_rows,
        count(*) filter (where role = 'validation') as validation_rows,
        count(*) filter (where role = 'latest') as eligible_customers
    from {{ ref('demand_forecast', 'seq_origins') }}

),

sources as (

    select
        min(case when newest_date is null then source_name end) as empty_source,
        min_by(source_name, cast(newest_date as {{ dbt.type_string() }}) || source_name) as slowest_source,
        coalesce({{ demand_forecast.days_between('min(newest_date)', 'max(newest_date)') }}, 0) as days_behind
    from {{ ref('demand_forecast', 'stg_event_sources') }}
    where is_required

),

unsound as (

    select
        rejections.reason as unsound_reason,
        sum(rejections.row_count) over () as unsound_count
    from {{ ref('demand_forecast', 'err_input_rejections') }} as rejections
    inner join sources on rejections.source_name = sources.empty_source
    qualify row_number() over (order by rejections.row_count desc, rejections.reason) = 1

),

champion as (

    select coalesce(bool_or(mapping_hash <> {{ demand_forecast.mapping_hash() }}), false) as is_champion_of_other_mapping
    from {{ ref('demand_forecast', 'pred_champion') }}

)

select
    counts.*,
    worst.*,
    steps.*,
    overlap.*,
    guests.*,
    roles.*,
    sources.*,
    unsound.*,
    champion.*,
    cuts.*,
    hours.quietest_source,
    hours.quietest_hour,
    hours.is_night
from counts
cross join worst
cross join steps
cross join overlap
cross join guests
cross join roles
cross join sources
cross join champion
cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
left join unsound on true
left join {{ ref('demand_forecast', 'err_input_hours') }} as hours on true
