-- One row per eligible customer whom a network serves, horizon and group of features: what the group adds to the probability of a purchase,
-- in numbers and in words. Base and contributions add up to the forecast. Off unless var prediction_drivers asks for it.
with horizons as (
    {% for days in demand_forecast.horizons() | sort %}
    select {{ days }} as horizon_days, {{ loop.index }} as place{{ ' union all' if not loop.last }}
    {%- endfor %}

),

told as (
    {% for name, beginnings, fact in demand_forecast.driver_groups() %}
    select
        reasons.customer_id,
        reasons.as_of_date,
        reasons.model_version,
        '{{ name }}' as driver_group,
        reasons.base_value as base_values,
        reasons.{{ name }} as contributions,
        {{ fact }} as fact
    from {{ ref('demand_forecast', 'pred_customer_reasons') }} as reasons
    inner join {{ ref('demand_forecast', 'seq_origins') }} as origins
        on reasons.customer_id = origins.customer_id and reasons.as_of_date = origins.as_of_date
    inner join {{ ref('demand_forecast', 'seq_customer_contexts') }} as contexts
        on reasons.customer_id = contexts.customer_id and reasons.as_of_date = contexts.as_of_date
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

by_horizon as (

    select
        told.customer_id,
        told.as_of_date,
        horizons.horizon_days,
        told.driver_group,
        told.fact,
        told.model_version,
        round(cast({{ demand_forecast.list_item('told.contributions', 'horizons.place') }} as double), 8) as contribution,
        round(cast({{ demand_forecast.list_item('told.base_values', 'horizons.place') }} as double), 8) as base_value
    from told
    cross join horizons

)

select
    by_horizon.customer_id,
    by_horizon.as_of_date,
    by_horizon.horizon_days,
    cast(row_number() over (
        partition by by_horizon.customer_id, by_horizon.horizon_days
        order by abs(by_horizon.contribution) desc, by_horizon.driver_group
    ) as integer) as rank,
    by_horizon.driver_group,
    by_horizon.contribution,
    by_horizon.fact || ': ' || case when by_horizon.contribution < 0 then '' else '+' end
    || cast(cast(by_horizon.contribution as decimal(6, 2)) as {{ dbt.type_string() }}) as reason,
    by_horizon.base_value,
    forecasts.purchase_probability,
    by_horizon.model_version
from by_horizon
inner join {{ ref('demand_forecast', 'pred_customer_serving') }} as forecasts
    on by_horizon.customer_id = forecasts.customer_id
        and by_horizon.horizon_days = forecasts.horizon_days
        and by_horizon.model_version = forecasts.model_version
