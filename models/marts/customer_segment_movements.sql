-- One row per week, segment on the Sunday before it and segment on its own Sunday: how many customers went from one to the other.
-- Customers who were not eligible on one of the two days come from or go to inactive, new faces come from unknown. Those are all of
-- the Sunday on which they are: beside movements of a sample they would look many. So a week whose Sundays do not tell of the same
-- customers, as where one was served in full and the other back-tested on a sample, is left out.
with sundays as (

    select *
    from {{ ref('demand_forecast', 'pred_customer_segments') }}
    where {{ demand_forecast.iso_weekday('as_of_date') }} = 7

),

forecast_days as (

    select as_of_date
    from sundays
    group by as_of_date
    having count(segment) > 0

),

shared as (

    select
        first_day.as_of_date,
        count(first_day.segment || last_day.segment) as on_both_days,
        count(coalesce(first_day.segment, last_day.segment)) as on_a_day
    from sundays as first_day
    inner join sundays as last_day
        on first_day.customer_id = last_day.customer_id
            and {{ demand_forecast.add_days('first_day.as_of_date', 7) }} = last_day.as_of_date
    group by first_day.as_of_date

),

weeks as (

    select
        first_day.as_of_date as from_date,
        last_day.as_of_date as to_date
    from forecast_days as first_day
    inner join forecast_days as last_day on {{ demand_forecast.add_days('first_day.as_of_date', 7) }} = last_day.as_of_date
    left join shared on first_day.as_of_date = shared.as_of_date
    where coalesce(shared.on_both_days >= 0.9 * shared.on_a_day, true)

),

customers_before as (

    select sundays.customer_id, sundays.segment, weeks.to_date
    from sundays
    inner join weeks on sundays.as_of_date = weeks.from_date

),

customers_after as (

    select sundays.customer_id, sundays.segment, sundays.known_days, weeks.to_date
    from sundays
    inner join weeks on sundays.as_of_date = weeks.to_date

),

moved as (

    select
        coalesce(customers_after.to_date, customers_before.to_date) as to_date,
        case
            when customers_before.customer_id is not null then customers_before.segment
            when customers_after.known_days <= 7 then 'unknown' else 'inactive'
        end as from_segment,
        case when customers_after.customer_id is null then 'inactive' else customers_after.segment end as to_segment
    from customers_before
    full outer join customers_after
        on customers_before.customer_id = customers_after.customer_id and customers_before.to_date = customers_after.to_date

)

select
    {{ demand_forecast.add_days('to_date', -6) }} as week_start_date,
    from_segment,
    to_segment,
    count(*) as customers
from moved
where from_segment is not null and to_segment is not null
group by to_date, from_segment, to_segment
