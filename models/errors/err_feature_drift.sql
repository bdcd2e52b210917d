-- One row per feature of customers: the population stability index and the shift of the mean between training origins and those of the
-- newest week, on a stable sample of both. The index adds (new - old) * ln(new / old) over the tenths of the training origins.
-- It needs 200 customers on either side: of few, chance alone moves the shares, and an empty side looks like the greatest shift there
-- is. Customers count, not rows, since one customer's days are alike. Of two generated shops, in weeks in which all customers together
-- had not moved, the greatest index of all features was above 0.25 in 3 to 47 % of draws of 100 customers a side, in up to 8 % of 150,
-- and in none of 360 draws of 200.
{%- set least_customers = 200 %}
{%- set features = demand_forecast.context_features() | map(attribute='name') | list %}
with picked as (

    select
        origins.customer_id,
        origins.as_of_date,
        case when origins.role = 'train' then 'old' else 'new' end as side
    from {{ ref('demand_forecast', 'seq_origins') }} as origins
    cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
    where (origins.role = 'train' or origins.as_of_date > {{ demand_forecast.add_days('cuts.latest_origin_date', -7) }})
    qualify row_number() over (
        partition by origins.role = 'train'
        order by {{ demand_forecast.row_hash(['origins.customer_id', 'origins.as_of_date']) }}
    ) <= 5000

),

sampled as (

    select
        contexts.*,
        picked.side
    from {{ ref('demand_forecast', 'seq_customer_contexts') }} as contexts
    inner join picked on contexts.customer_id = picked.customer_id and contexts.as_of_date = picked.as_of_date

),

long as (

    {{ demand_forecast.unpivoted('sampled', ['customer_id', 'side'], features, 'feature', 'feature_value') }}

),

tenths as (

    select
        feature,
        feature_value,
        ntile(10) over (partition by feature order by feature_value) as tenth
    from long
    where side = 'old'

),

edges as (

    select distinct
        feature,
        min(feature_value) over (partition by feature, tenth) as edge
    from tenths
    where tenth > 1

),

binned as (

    select
        long.feature,
        long.side,
        long.feature_value,
        count(edges.edge) as bin
    from (select row_number() over (order by feature, side, feature_value) as row_number, * from long) as long
    left join edges on long.feature = edges.feature and edges.edge <= long.feature_value
    group by long.row_number, long.feature, long.side, long.feature_value

),

shares as (

    select
        feature,
        bin,
        (count(*) filter (where side = 'old') + 0.5) / (sum(count(*) filter (where side = 'old')) over (partition by feature) + 5) as old_share,
        (count(*) filter (where side = 'new') + 0.5) / (sum(count(*) filter (where side = 'new')) over (partition by feature) + 5) as new_share
    from binned
    group by feature, bin

),

means as (

    select
        feature,
        least(
            count(distinct case when side = 'old' then customer_id end),
            count(distinct case when side = 'new' then customer_id end)
        ) as customers_a_side,
        avg(feature_value) filter (where side = 'old') as old_mean,
        avg(feature_value) filter (where side = 'new') as new_mean,
        stddev_pop(feature_value) filter (where side = 'old') as old_deviation
    from long
    group by feature

)

select
    shares.feature,
    -- rounded, because parallel sums of doubles differ in their last digits from one build to the next
    case
        when any_value(means.customers_a_side) >= {{ least_customers }}
            then round(sum((shares.new_share - shares.old_share) * ln(shares.new_share / shares.old_share)), 6)
    end as stability_index,
    round(any_value(means.old_mean), 6) as old_mean,
    round(any_value(means.new_mean), 6) as new_mean,
    round(any_value((means.new_mean - means.old_mean) / nullif(means.old_deviation, 0)), 6) as mean_shift,
    coalesce(bool_or({{ demand_forecast.growing_features('shares.feature', 'cuts.first_event_date', 'cuts.fitted_through_date') }}), false) as is_growing
from shares
inner join means on shares.feature = means.feature
cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
group by shares.feature
