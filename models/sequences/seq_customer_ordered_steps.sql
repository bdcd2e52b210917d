-- One row per customer and active day, with everything that depends on the days beside it. Only customers whose days changed are
-- built again, each with all of its days; one that lost them all keeps one row without a day, and everything downstream reads
-- seq_customer_timeline, which leaves it out.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='customer_id',
    on_schema_change='fail'
) }}
{%- set by_customer = 'partition by customer_id order by event_date' %}
{%- set so_far = by_customer ~ ' rows between unbounded preceding and current row' %}
with totals as (

    select
        customer_id,
        count(*) as step_count,
        sum(fingerprint) as fingerprint
    from {{ ref('demand_forecast', 'seq_customer_steps') }}
    where event_count > 0
    group by customer_id

),

changed as (
    {% if is_incremental() %}
    select coalesce(totals.customer_id, was.customer_id) as customer_id
    from totals
    full outer join (
        select *
        from {{ this }}
        where event_date is not null and next_event_date is null
    ) as was on totals.customer_id = was.customer_id
    where coalesce(totals.step_count, 0) <> coalesce(was.step_number, 0)
        or coalesce(totals.fingerprint, 0) <> coalesce(was.history_fingerprint, 0)
    {% else %}
    select customer_id from totals
    {% endif %}
),

steps as (

    select
        changed.customer_id,
        days.event_date,
        case when days.purchase_count > 0 then days.event_date end as purchase_date,
        days.fingerprint,
        {%- for fact in demand_forecast.step_facts() %}
        days.{{ fact.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from changed
    left join {{ ref('demand_forecast', 'seq_customer_steps') }} as days
        on changed.customer_id = days.customer_id and days.event_count > 0

),

ordered as (

    select
        *,
        count(event_date) over ({{ so_far }}) as step_number,
        lag(event_date) over ({{ by_customer }}) as previous_event_date,
        lead(event_date) over ({{ by_customer }}) as next_event_date,
        min(event_date) over (partition by customer_id) as first_event_date,
        min(purchase_date) over ({{ so_far }}) as first_purchase_date,
        max(purchase_date) over ({{ so_far }}) as last_purchase_date,
        max(purchase_date) over ({{ by_customer }} rows between unbounded preceding and 1 preceding) as previous_purchase_date,
        count(purchase_date) over ({{ so_far }}) as purchase_day_count,
        sum(fingerprint) over ({{ so_far }}) as history_fingerprint
    from steps

)

select * from ordered
