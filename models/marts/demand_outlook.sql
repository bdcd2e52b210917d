-- One row per horizon and category, and one of all categories together (is_total), at the latest origin: what the customers' and the
-- products' forecasts expect, brought to one total.
with known as (

    select
        outlook.*,
        sides.new_share,
        all_buyers.expected_buyers as all_buyers,
        own.buyers / nullif(own.units, 0) as buyers_per_unit,
        sum(own.buyers) over by_horizon / nullif(sum(own.units) over by_horizon, 0) as mean_buyers_per_unit,
        {%- for target in ['units', 'revenue'] %}
        {{ target }}_spread.spread as {{ target }}_spread,
        {%- endfor %}
        weights.customer_weight,
        levels.customer_level,
        levels.product_level,
        units_spread.window_count as judged_windows
    from {{ ref('demand_forecast', 'err_outlook_latest') }} as outlook
    left join {{ ref('demand_forecast', 'err_outlook_sides') }} as sides
        on outlook.as_of_date = sides.as_of_date and outlook.horizon_days = sides.horizon_days and sides.target = 'units'
    left join {{ ref('demand_forecast', 'pred_outlook_buyers') }} as all_buyers on outlook.horizon_days = all_buyers.horizon_days
    left join {{ ref('demand_forecast', 'lbl_category_buyers') }} as own
        on outlook.horizon_days = own.horizon_days and outlook.category = own.category and not outlook.is_total
    left join {{ ref('demand_forecast', 'err_outlook_weights') }} as weights
        on outlook.as_of_date = weights.as_of_date and outlook.horizon_days = weights.horizon_days and weights.target = 'units'
    left join {{ ref('demand_forecast', 'err_outlook_levels') }} as levels
        on outlook.as_of_date = levels.as_of_date and outlook.horizon_days = levels.horizon_days
    {%- for target in ['units', 'revenue'] %}
    left join {{ ref('demand_forecast', 'err_outlook_spread') }} as {{ target }}_spread
        on outlook.horizon_days = {{ target }}_spread.horizon_days
            and outlook.category = {{ target }}_spread.category
            and outlook.is_total = {{ target }}_spread.is_total
            and {{ target }}_spread.target = '{{ target }}'
    {%- endfor %}
    window by_horizon as (partition by outlook.horizon_days)

)

select
    category,
    is_total,
    as_of_date,
    horizon_days,
    expected_units,
    {%- for target in ['units', 'revenue'] %}
    {{- '\n    expected_revenue,' if target == 'revenue' }}
    round(expected_{{ target }} * case when {{ target }}_spread >= 0 then greatest(1 - 1.281552 * {{ target }}_spread, 0) end, 6) as {{ target }}_p10,
    round(expected_{{ target }} * (1 + 1.281552 * {{ target }}_spread), 6) as {{ target }}_p90,
    {%- endfor %}
    round(case when is_total then all_buyers else least(expected_units * coalesce(buyers_per_unit, mean_buyers_per_unit, 1), all_buyers) end, 6) as expected_buyers,
    round(expected_units * coalesce(new_share, 0), 6) as expected_units_new_customers,
    round(customer_units, 6) as customer_side_units,
    round(product_units, 6) as product_side_units,
    round(customer_units - product_units, 6) as units_gap,
    round(customer_weight, 6) as customer_weight,
    round(customer_level, 6) as customer_level,
    round(product_level, 6) as product_level,
    judged_windows
from known
