-- One row per product and origin (as_of_date): its role, and where its history lies. Every eligible day of a product can be an origin;
-- of a role with more than training_rows of them, every second to seventh day counts, on days that differ by product; where weekly
-- ones are still too many, those of a stable sample of products. A product is asked anew when its own days have changed, or its category's
-- units of 28 days by about a hundredth.
with dated as (

    select
        timeline.product_id,
        timeline.event_date as as_of_date,
        case
            when timeline.event_date = cuts.latest_origin_date then 'latest'
            when timeline.event_date >= cuts.trained_through_date then 'test'
            when timeline.event_date >= cuts.fitted_through_date then 'validation'
            else 'train'
        end as role,
        timeline.category,
        timeline.block,
        timeline.is_eligible,
        {{ demand_forecast.position_of('timeline.step_number') }} as position,
        sum(cast({{ demand_forecast.row_hash(['timeline.event_date', 'timeline.category', 'timeline.event_count', 'timeline.units', 'timeline.revenue', 'timeline.buyer_count', 'timeline.product_view_count', 'timeline.cart_add_count', 'timeline.favourite_count', 'timeline.is_holiday', 'timeline.is_promotion', 'timeline.is_in_stock']) }} as decimal(38, 0)))
            over (partition by timeline.product_id order by timeline.event_date rows between unbounded preceding and current row) as history_fingerprint
    from {{ ref('demand_forecast', 'seq_product_timeline') }} as timeline
    cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts

),

categories as (

    select
        category,
        event_date as as_of_date,
        cast(floor(100 * ln(1 + round(sum(sum(units)) over last_28, 6))) as bigint) as hundredths
    from {{ ref('demand_forecast', 'seq_product_timeline') }}
    group by category, event_date
    window last_28 as (partition by category order by event_date rows between 27 preceding and current row)

),

thinned as (

    select
        *,
        least(ceil(count(*) over by_role * 1.0 / {{ demand_forecast.setting('training_rows') }}), 7) as every_days,
        ceil(1024 * 7.0 * {{ demand_forecast.setting('training_rows') }} / count(*) over by_role) as product_buckets
    from dated
    where is_eligible
    window by_role as (partition by role)

)

select
    thinned.product_id,
    thinned.as_of_date,
    thinned.role,
    thinned.block,
    thinned.position,
    {{ demand_forecast.row_hash(['thinned.history_fingerprint', 'categories.hundredths', 'target_days.days', demand_forecast.feature_set_version('product_id'), demand_forecast.mapping_hash()]) }} as input_hash
from thinned
inner join {{ ref('demand_forecast', 'seq_target_days') }} as target_days on thinned.as_of_date = target_days.as_of_date
left join categories on thinned.category = categories.category and thinned.as_of_date = categories.as_of_date
where thinned.role = 'latest'
    or {{ demand_forecast.hash_bucket('thinned.product_id', 1024) }} < thinned.product_buckets
    and ({{ demand_forecast.days_between("cast('2000-01-03' as date)", 'thinned.as_of_date') }}
        + {{ demand_forecast.hash_bucket('thinned.product_id', 420) }}) % cast(thinned.every_days as integer) = 0
