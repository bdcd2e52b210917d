-- One row per day that can be an origin: its role, and how origins of that day are thinned out.
-- A small shop has an origin for every customer and day. A larger one trains on every second to seventh day, on days that
-- differ by customer; where weekly origins are still too many, on the newest 26 weeks and a stable sample of whole customers.
{%- set most_rows = demand_forecast.setting('training_rows') %}
with cadences as (

    select
        role,
        through_date,
        case when role = 'train' then least(ceil(customer_days * 1.0 / {{ most_rows }}), 7) else 1 end as every_days,
        case when role = 'train' and customer_days > 7.0 * {{ most_rows }} then recent_from_date else from_date end as from_date,
        case
            when role = 'latest' then 0
            when role <> 'train' then customer_days
            when customer_days > 7.0 * {{ most_rows }} then recent_customer_days / 7.0
            else 0
        end as least_row_count
    from {{ ref('demand_forecast', 'seq_roles') }}

)

select
    {{ demand_forecast.date_series('from_date', 'through_date') }} as as_of_date,
    role,
    cast(every_days as integer) as every_days,
    cast(ceil(1024 / pow(2, greatest(ceil(log2(greatest(least_row_count, 1) / {{ most_rows }})), 0))) as integer) as customer_buckets
from cadences
