{#- Select with one row per origin of a relation of (customer_id, as_of_date, role, block, position, observed_through_date): what was
    known, and what came true on each of the next days through observed_through_date. -#}
{% macro training_examples(origins) %}
with origins as (

    select
        customer_id,
        as_of_date,
        role,
        block,
        position,
        cast(least(
            {{ demand_forecast.days_between('as_of_date', 'observed_through_date') }}, {{ demand_forecast.setting('max_horizon_days') }}
        ) as integer) as observed_days
    from ({{ origins }}) as given

),

purchases_ahead as (

    select
        origins.customer_id,
        origins.as_of_date,
        cast({{ demand_forecast.days_between('origins.as_of_date', 'purchase_days.event_date') }} as integer) as day,
        purchase_days.units,
        purchase_days.revenue
    from origins
    inner join {{ ref('demand_forecast', 'lbl_purchase_days') }} as purchase_days
        on origins.customer_id = purchase_days.customer_id
            and purchase_days.event_date > origins.as_of_date
            and purchase_days.event_date <= {{ demand_forecast.add_days('origins.as_of_date', 'origins.observed_days') }}

),

outcomes as (

    select
        customer_id,
        as_of_date,
        {{ demand_forecast.ordered_list(demand_forecast.struct_of(['day', 'units', 'revenue']), 'day') }} as purchases
    from purchases_ahead
    group by customer_id, as_of_date

),

contexts as (

    {{ demand_forecast.context_structs() }}

)

select
    origins.customer_id,
    origins.as_of_date,
    origins.role,
    contexts.feature_set_version,
    {{ demand_forecast.mapping_hash() }} as mapping_hash,
    contexts.context,
    origins.block,
    origins.position,
    origins.observed_days,
    coalesce(outcomes.purchases, {{ demand_forecast.empty_list() }}) as purchases,
    baseline.daily_purchase_rates as baseline_rates
from origins
inner join contexts on origins.customer_id = contexts.customer_id and origins.as_of_date = contexts.as_of_date
inner join {{ ref('demand_forecast', 'pred_customer_baseline') }} as baseline
    on origins.customer_id = baseline.customer_id and origins.as_of_date = baseline.as_of_date
left join outcomes on origins.customer_id = outcomes.customer_id and origins.as_of_date = outcomes.as_of_date
{%- endmacro %}
