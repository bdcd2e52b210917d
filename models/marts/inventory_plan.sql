-- One row per product with a stock count: what the days until an order of the next review arrives will need, and what to order now.
-- What was sold since the day of the count is no longer there.
{%- set levels = demand_forecast.service_levels() %}
{%- set review = demand_forecast.setting('review_period_days') %}
{%- set longest = demand_forecast.setting('max_horizon_days') %}
with sold as (

    select
        stock.product_id,
        round(sum({{ demand_forecast.demand_units() }}), 6) as sold_since_count
    from {{ ref('demand_forecast', 'seq_latest_stock') }} as stock
    inner join {{ ref('demand_forecast', 'seq_product_days') }} as days
        on stock.product_id = days.product_id
            and days.event_date > stock.snapshot_date
            and days.event_date <= stock.as_of_date
    group by stock.product_id

),

counted as (

    select
        stock.*,
        coalesce(sold.sold_since_count, 0) as sold_since_count,
        -- More cannot be sold than was there: what is sold beyond the count has come in since. Units owed stay owed.
        least(stock.on_hand, greatest(stock.on_hand - coalesce(sold.sold_since_count, 0), 0)) as left_on_hand,
        least(stock.lead_time_days + {{ review }}, {{ longest }}) as cover_days,
        cast(case
            when products.category is null then {{ levels.default }}
            {%- for category, level in levels.by_category.items() %}
            when products.category = {{ demand_forecast.literal(category) }} then {{ level }}
            {%- endfor %}
            else {{ levels.default }}
        end as double) as service_level
    from {{ ref('demand_forecast', 'seq_latest_stock') }} as stock
    left join sold on stock.product_id = sold.product_id
    left join {{ ref('demand_forecast', 'stg_products') }} as products on stock.product_id = products.product_id

),

covered as (

    select
        counted.*,
        cast({{ demand_forecast.list_total(demand_forecast.list_start('serving.expected_units', 'counted.cover_days')) }} as double) as expected_demand,
        {%- for name, level, normal in demand_forecast.product_quantiles().cumulative %}
        cast({{ demand_forecast.list_item('serving.' ~ name, 'counted.cover_days') }} as double) as {{ name }},
        {%- endfor %}
        serving.predictor,
        serving.model_version
    from counted
    left join {{ ref('demand_forecast', 'pred_product_serving') }} as serving on counted.product_id = serving.product_id

),

planned as (

    select
        *,
        {{ demand_forecast.units_at_level('service_level') }} as reorder_point,
        {{ demand_forecast.probability_above('(left_on_hand + on_order)') }} as stockout_probability
    from covered

)

select
    product_id,
    as_of_date,
    snapshot_date,
    on_hand,
    sold_since_count,
    on_order,
    lead_time_days,
    cast({{ review }} as integer) as review_period_days,
    lead_time_days + {{ review }} > {{ longest }} as is_beyond_horizon,
    service_level,
    round(expected_demand, 6) as expected_demand,
    round(reorder_point - least(reorder_point, expected_demand), 6) as safety_stock,
    reorder_point,
    ceil(reorder_point - least(reorder_point, left_on_hand + on_order)) as suggested_order_units,
    round(stockout_probability, 6) as stockout_probability,
    predictor,
    model_version
from planned
