{#- Select with one row per origin of a relation of (product_id, as_of_date, role, block, observed_through_date): what was known, and the
    units of each of the next days in stock through observed_through_date. -#}
{% macro product_examples(origins) %}
with origins as (

    select
        product_id,
        as_of_date,
        role,
        block,
        cast(least(
            {{ demand_forecast.days_between('as_of_date', 'observed_through_date') }}, {{ demand_forecast.setting('max_horizon_days') }}
        ) as integer) as observed_days
    from ({{ origins }}) as given

),

sales_ahead as (

    select
        origins.product_id,
        origins.as_of_date,
        cast({{ demand_forecast.days_between('origins.as_of_date', 'days.event_date') }} as integer) as day,
        days.units
    from origins
    inner join {{ ref('demand_forecast', 'lbl_product_days') }} as days
        on origins.product_id = days.product_id
            and days.event_date > origins.as_of_date
            and days.event_date <= {{ demand_forecast.add_days('origins.as_of_date', 'origins.observed_days') }}

),

outcomes as (

    select
        product_id,
        as_of_date,
        {{ demand_forecast.ordered_list(demand_forecast.struct_of(['day', 'units']), 'day') }} as sales
    from sales_ahead
    group by product_id, as_of_date

)

select
    inputs.product_id,
    inputs.as_of_date,
    origins.role,
    inputs.feature_set_version,
    inputs.mapping_hash,
    inputs.context,
    origins.block,
    inputs.position,
    origins.observed_days,
    coalesce(outcomes.sales, {{ demand_forecast.empty_list() }}) as sales
from origins
inner join {{ ref('demand_forecast', 'seq_product_inputs') }} as inputs
    on origins.product_id = inputs.product_id and origins.as_of_date = inputs.as_of_date
left join outcomes on origins.product_id = outcomes.product_id and origins.as_of_date = outcomes.as_of_date
{%- endmacro %}
