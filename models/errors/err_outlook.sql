-- One row per origin (the latest one, and test origins), horizon, target and category: the two sides brought to one total. The total is
-- their weighted mean, each at the level that past windows had; each category keeps its share of the product side. Of a test origin all
-- figures are in the units of the products that are judged, so the customer side is what it would have said of them at its own relative
-- error. Without a product side all is of the category unknown.
{{ config(materialized='table') }}
with totals as (

    select
        sides.as_of_date,
        sides.horizon_days,
        sides.target,
        sides.product_expected,
        sides.actual,
        coalesce(sides.actual * (1 + sides.customer_error), sides.customer_expected) as customer_expected,
        weights.customer_weight,
        levels.customer_level,
        levels.product_level
    from {{ ref('demand_forecast', 'err_outlook_sides') }} as sides
    inner join {{ ref('demand_forecast', 'err_outlook_weights') }} as weights
        on sides.as_of_date = weights.as_of_date and sides.horizon_days = weights.horizon_days and sides.target = weights.target
    inner join {{ ref('demand_forecast', 'err_outlook_levels') }} as levels
        on sides.as_of_date = levels.as_of_date and sides.horizon_days = levels.horizon_days

),

reconciled as (

    select
        *,
        customer_weight * customer_level * coalesce(customer_expected, 0)
        + (1 - customer_weight) * product_level * coalesce(product_expected, 0) as expected
    from totals

)

select
    reconciled.as_of_date,
    reconciled.horizon_days,
    reconciled.target,
    coalesce(parts.category, 'unknown') as category,
    parts.expected as product_expected,
    round(reconciled.customer_expected * coalesce(parts.expected / reconciled.product_expected, 1), 9) as customer_expected,
    round(reconciled.expected * coalesce(parts.expected / reconciled.product_expected, 1), 9) as expected,
    coalesce(parts.actual, reconciled.actual) as actual
from reconciled
left join {{ ref('demand_forecast', 'err_outlook_parts') }} as parts
    on reconciled.as_of_date = parts.as_of_date
        and reconciled.horizon_days = parts.horizon_days
        and reconciled.target = parts.target
        and reconciled.product_expected > 0
