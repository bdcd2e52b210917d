-- One row per horizon and category, and one of all categories together (is_total), at the latest origin: units and revenue of the
-- outlook, which never fall with the horizon, and the units of either side.
{{ config(materialized='view') }}
with latest as (

    select outlook.*
    from {{ ref('demand_forecast', 'err_outlook') }} as outlook
    inner join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts on outlook.as_of_date = cuts.latest_origin_date

),

parts as (

    select
        as_of_date,
        horizon_days,
        category,
        {%- for target in ['units', 'revenue'] %}
        round(max(coalesce(sum(expected) filter (where target = '{{ target }}'), 0)) over so_far, 6) as expected_{{ target }},
        {%- endfor %}
        sum(customer_expected) filter (where target = 'units') as customer_units,
        sum(product_expected) filter (where target = 'units') as product_units
    from latest
    group by as_of_date, horizon_days, category
    window so_far as (partition by category order by horizon_days rows between unbounded preceding and current row)

)

select *, false as is_total from parts
union all
select
    as_of_date,
    horizon_days,
    'all' as category,
    round(sum(expected_units), 6) as expected_units,
    round(sum(expected_revenue), 6) as expected_revenue,
    sum(customer_units) as customer_units,
    sum(product_units) as product_units,
    true as is_total
from parts
group by as_of_date, horizon_days
