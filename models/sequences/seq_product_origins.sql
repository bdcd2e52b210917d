-- One row per product and origin (as_of_date): its role, and where its history lies. Every eligible day of a product can be an origin;
-- of a role with more than training_rows of them, every second to seventh day counts, on days that differ by product; where weekly
-- ones are still too many, those of a stable sample of products. What is taught on the days of every role reads about as many rows
-- of each day as a training does.
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
        timeline.block,
        timeline.is_eligible,
        {{ demand_forecast.position_of('timeline.step_number') }} as position,
        sum({{ demand_forecast.row_hash(['timeline.event_date', 'timeline.category', 'timeline.event_count', 'timeline.units', 'timeline.revenue', 'timeline.buyer_count', 'timeline.product_view_count', 'timeline.cart_add_count', 'timeline.favourite_count', 'timeline.is_holiday', 'timeline.is_promotion', 'timeline.is_in_stock']) }})
            over (partition by timeline.product_id order by timeline.event_date rows between unbounded preceding and current row) as history_fingerprint
    from {{ ref('demand_forecast', 'seq_product_timeline') }} as timeline
    cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts

),

cadences as (

    select
        role,
        cast(least(ceil(count(*) * 1.0 / {{ demand_forecast.setting('training_rows') }}), 7) as integer) as every_days,
        cast(least(ceil(1024 * 7.0 * {{ demand_forecast.setting('training_rows') }} / count(*)), 1024) as integer) as product_buckets
    from dated
    where is_eligible
    group by role

),

thinned as (

    select
        cadences.*,
        {{ demand_forecast.taught_every_days('product_buckets') }} as taught_every_days
    from cadences
    left join cadences as training on training.role = 'train'

)

select
    dated.product_id,
    dated.as_of_date,
    dated.role,
    dated.role <> 'latest' and {{ demand_forecast.is_day_of(demand_forecast.hash_bucket('dated.product_id', 420), 'dated.as_of_date', 'thinned.taught_every_days') }} as is_taught,
    dated.block,
    dated.position,
    {{ demand_forecast.row_hash(['dated.history_fingerprint', 'target_days.days', demand_forecast.feature_set_version(), demand_forecast.mapping_hash()]) }} as input_hash
from dated
inner join thinned on dated.role = thinned.role
inner join {{ ref('demand_forecast', 'seq_target_days') }} as target_days on dated.as_of_date = target_days.as_of_date
where dated.is_eligible
    and (
        dated.role = 'latest'
        or {{ demand_forecast.hash_bucket('dated.product_id', 1024) }} < thinned.product_buckets
        and {{ demand_forecast.is_day_of(demand_forecast.hash_bucket('dated.product_id', 420), 'dated.as_of_date', 'thinned.every_days') }}
    )
