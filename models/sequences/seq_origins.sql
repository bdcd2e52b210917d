-- One row per customer and origin (as_of_date): its role, the customer's last step, and a fingerprint of all that was known.
-- A customer is eligible while it was active within active_days.
{%- set own_origins = demand_forecast.optional_table('origins_relation') %}
with timeline as (

    select
        *,
        {{ demand_forecast.hash_bucket('customer_id', 1024) }} as sample_bucket,
        {{ demand_forecast.hash_bucket('customer_id', 420) }} as day_bucket
    from {{ ref('demand_forecast', 'seq_customer_timeline') }}

),

wanted as (
    {% if own_origins %}
    select distinct
        given.customer_id,
        given.as_of_date,
        case
            when given.as_of_date >= cuts.trained_through_date then 'test'
            when given.as_of_date >= cuts.fitted_through_date then 'validation'
            else 'train'
        end as role
    from (
        select
            {{ demand_forecast.customer_key(own_origins) }} as customer_id,
            {{ demand_forecast.mapped_column(own_origins, 'as_of_date', 'date') }} as as_of_date
        from {{ demand_forecast.mapped_relation(own_origins) }}
    ) as given
    cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
    where given.as_of_date < cuts.latest_origin_date
    {% else %}
    select
        timeline.customer_id,
        days.as_of_date,
        days.role
    from (
        -- No role keeps more buckets than this one: what no role samples leaves before the days multiply it.
        select *
        from timeline
        where sample_bucket < (
            select max(customer_buckets) from {{ ref('demand_forecast', 'seq_origin_days') }}
            where role <> 'latest'
        )
    ) as timeline
    inner join {{ ref('demand_forecast', 'seq_origin_days') }} as days
        on days.as_of_date between timeline.event_date and timeline.eligible_through_date
    where days.role <> 'latest'
        and timeline.sample_bucket < days.customer_buckets
        and ({{ demand_forecast.days_between("cast('2000-01-03' as date)", 'days.as_of_date') }} + timeline.day_bucket) % days.every_days = 0
    {% endif %}
    union all
    select
        timeline.customer_id,
        days.as_of_date,
        days.role
    from timeline
    inner join {{ ref('demand_forecast', 'seq_origin_days') }} as days
        on days.as_of_date between timeline.event_date and timeline.eligible_through_date
    where days.role = 'latest'

),

known as (

    select
        wanted.customer_id,
        wanted.as_of_date,
        wanted.role,
        timeline.event_date as last_event_date,
        timeline.first_event_date,
        timeline.last_purchase_date,
        coalesce(timeline.purchase_day_count, 0) as purchase_day_count,
        timeline.block,
        coalesce({{ demand_forecast.position_of('timeline.step_number') }}, 0) as position,
        coalesce(timeline.history_fingerprint, 0) as history_fingerprint
    from wanted
    left join timeline
        on wanted.customer_id = timeline.customer_id
            and wanted.as_of_date >= timeline.event_date
            and (timeline.next_event_date is null or wanted.as_of_date < timeline.next_event_date)

)

select
    known.*,
    {{ demand_forecast.row_hash(['known.history_fingerprint', 'target_days.days', demand_forecast.feature_set_version(), demand_forecast.mapping_hash()]) }} as input_hash
from known
inner join {{ ref('demand_forecast', 'seq_target_days') }} as target_days on known.as_of_date = target_days.as_of_date
