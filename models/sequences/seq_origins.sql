-- One row per customer and origin (as_of_date): its role, the customer's last step, and a fingerprint of all that was known.
-- A customer is eligible while it was active within active_days.
{%- set own_origins = demand_forecast.optional_table('origins_relation') %}
{%- set step_columns %}
        steps.event_date as last_event_date,
        steps.first_event_date,
        steps.last_purchase_date,
        coalesce(steps.purchase_day_count, 0) as purchase_day_count,
        steps.block,
        coalesce(steps.position, 0) as position,
        coalesce(steps.history_fingerprint, 0) as history_fingerprint
{%- endset %}
with steps as (

    select
        customer_id,
        event_date,
        next_event_date,
        eligible_through_date,
        first_event_date,
        last_purchase_date,
        purchase_day_count,
        block,
        {{ demand_forecast.position_of('step_number') }} as position,
        history_fingerprint,
        {{ demand_forecast.hash_bucket('customer_id', 1024) }} as sample_bucket,
        {{ demand_forecast.hash_bucket('customer_id', 420) }} as day_bucket
    from {{ ref('demand_forecast', 'seq_customer_timeline') }}

),

origins as (
    {% if own_origins %}
    select distinct
        given.customer_id,
        given.as_of_date,
        case
            when given.as_of_date >= cuts.trained_through_date then 'test'
            when given.as_of_date >= cuts.fitted_through_date then 'validation'
            else 'train'
        end as role,
        {{- step_columns }}
    from (
        select
            {{ demand_forecast.customer_key(own_origins) }} as customer_id,
            {{ demand_forecast.mapped_column(own_origins, 'as_of_date', 'date') }} as as_of_date
        from {{ demand_forecast.mapped_relation(own_origins) }}
    ) as given
    cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
    left join steps
        on given.customer_id = steps.customer_id
            and given.as_of_date >= steps.event_date
            and (steps.next_event_date is null or given.as_of_date < steps.next_event_date)
    where given.as_of_date < cuts.latest_origin_date
    {% else %}
    select
        steps.customer_id,
        days.as_of_date,
        days.role,
        {{- step_columns }}
    from (
        -- No role keeps more buckets than this one: what no role samples leaves before the days multiply it.
        select *
        from steps
        where sample_bucket < (
            select max(customer_buckets) from {{ ref('demand_forecast', 'seq_origin_days') }}
            where role <> 'latest'
        )
    ) as steps
    inner join {{ ref('demand_forecast', 'seq_origin_days') }} as days
        on days.as_of_date between steps.event_date and steps.eligible_through_date
    where days.role <> 'latest'
        and steps.sample_bucket < days.customer_buckets
        and ({{ demand_forecast.days_between("cast('2000-01-03' as date)", 'days.as_of_date') }} + steps.day_bucket) % days.every_days = 0
    {% endif %}
    union all
    select
        steps.customer_id,
        days.as_of_date,
        days.role,
        {{- step_columns }}
    from steps
    inner join {{ ref('demand_forecast', 'seq_origin_days') }} as days
        on days.as_of_date between steps.event_date and steps.eligible_through_date
    where days.role = 'latest'

),

shared as (

    -- What all customers of a day share is hashed once.
    select
        as_of_date,
        {{ demand_forecast.row_hash(['days', demand_forecast.feature_set_version(), demand_forecast.mapping_hash()]) }} as day_hash
    from {{ ref('demand_forecast', 'seq_target_days') }}

)

select
    origins.*,
    {{ demand_forecast.row_hash(['origins.history_fingerprint', 'shared.day_hash']) }} as input_hash
from origins
inner join shared on origins.as_of_date = shared.as_of_date
