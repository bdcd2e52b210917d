-- One row per day that can be an origin: its role, and how origins of that day are thinned out.
-- A small shop has an origin for every customer and day. A larger one trains on every second to seventh day, on days that
-- differ by customer; where weekly origins are still too many, on the newest 26 weeks and a stable sample of whole customers.
{%- set most_rows = demand_forecast.setting('training_rows') %}
with cuts as (

    select * from {{ ref('demand_forecast', 'seq_cut_dates') }}

),

days as (

    select cast({{ demand_forecast.date_series('first_event_date', 'latest_origin_date') }} as date) as as_of_date
    from cuts

),

roles as (

    select
        days.as_of_date,
        case
            when days.as_of_date >= cuts.latest_origin_date then 'latest'
            when days.as_of_date >= cuts.trained_through_date then 'test'
            when days.as_of_date >= cuts.fitted_through_date then 'validation'
            else 'train'
        end as role,
        {{ demand_forecast.days_between('days.as_of_date', 'cuts.fitted_through_date') }} as days_before_cut
    from days
    cross join cuts

),

sizes as (

    select
        roles.role,
        count(*) * max(customers.customer_count) as row_count,
        least(count(*), 182) * max(customers.customer_count) as recent_row_count
    from roles
    cross join (
        select count(distinct customer_id) as customer_count from {{ ref('demand_forecast', 'seq_customer_steps') }}
    ) as customers
    where roles.role <> 'latest'
    group by roles.role

),

cadences as (

    select
        role,
        case when role = 'train' then least(ceil(row_count * 1.0 / {{ most_rows }}), 7) else 1 end as every_days,
        role = 'train' and row_count > 7.0 * {{ most_rows }} as is_recent_only,
        case when role = 'train' then recent_row_count / 7.0 else row_count end as least_row_count,
        row_count
    from sizes

)

select
    roles.as_of_date,
    roles.role,
    cast(coalesce(cadences.every_days, 1) as integer) as every_days,
    cast(case
        when cadences.is_recent_only or cadences.role <> 'train'
            then ceil(1024 / pow(2, greatest(ceil(log2(greatest(cadences.least_row_count, 1) / {{ most_rows }})), 0)))
        else 1024
    end as integer) as customer_buckets
from roles
left join cadences on roles.role = cadences.role
where not coalesce(cadences.is_recent_only, false) or roles.days_before_cut <= 182
