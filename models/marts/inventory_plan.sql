-- One row per product with a stock count: what the days until an order of the next review arrives will need, and what to order now.
{%- set levels = demand_forecast.service_levels() %}
{%- set review = demand_forecast.setting('review_period_days') %}
{%- set longest = demand_forecast.setting('max_horizon_days') %}
with counted as (

    select
        stock.*,
        least(stock.lead_time_days + {{ review }}, {{ longest }}) as cover_days,
        cast(case
            when products.category is null then {{ levels.default }}
            {%- for category, level in levels.by_category.items() %}
            when products.category = {{ demand_forecast.literal(category) }} then {{ level }}
            {%- endfor %}
            else {{ levels.default }}
        end as double) as service_level
    from {{ ref('demand_forecast', 'seq_latest_stock') }} as stock
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
        {{ demand_forecast.probability_above('(on_hand + on_order)') }} as stockout_probability
    from covered

)

select
    product_id,
    as_of_date,
    snapshot_date,
    on_hand,
    on_order,
    lead_time_days,
    cast({{ review }} as integer) as review_period_days,
    lead_time_days + {{ review }} > {{ longest }} as is_beyond_horizon,
    service_level,
    round(expected_demand, 6) as expected_demand,
    round(reorder_point - least(reorder_point, expected_demand), 6) as safety_stock,
    reorder_point,
    ceil(reorder_point - least(reorder_point, on_hand + on_order)) as suggested_order_units,
    round(stockout_probability, 6) as stockout_probability,
    predictor,
    model_version
from planned
