-- One row per request of a product: what a good analyst's rates say, without a network. A day's mean is the product's rate on that
-- weekday over the last eight weeks in stock, shrunk to its level of 28 days. Quantiles are those of a count with this mean and the
-- variance of the last 56 days; over several days the level's own uncertainty is added.
{{ config(materialized='view') }}
{%- set quantiles = demand_forecast.product_quantiles() %}
with days_ahead as (

    select {{ demand_forecast.number_series(1, demand_forecast.setting('max_horizon_days')) }} as day_number

),

daily as (

    select
        requests.product_id,
        requests.as_of_date,
        requests.purpose,
        days_ahead.day_number,
        case (days_ahead.day_number - 1) % 7
            {%- for weekday in range(7) %}
            when {{ weekday }} then cast(contexts.weekday_rate_{{ weekday + 1 }} as double)
            {%- endfor %}
        end as mean_units,
        pow(cast(contexts.unit_deviation_56d as double), 2) as own_variance
    from {{ ref('demand_forecast', 'pred_product_requests') }} as requests
    inner join {{ ref('demand_forecast', 'seq_product_contexts') }} as contexts
        on requests.product_id = contexts.product_id and requests.as_of_date = contexts.as_of_date
    cross join days_ahead

),

added as (

    select
        *,
        greatest(own_variance, mean_units) as variance,
        sum(mean_units) over so_far as cumulative_units,
        sum(greatest(own_variance, mean_units)) over so_far * (1 + day_number / 28.0) as cumulative_variance
    from daily
    window so_far as (partition by product_id, as_of_date, purpose order by day_number rows between unbounded preceding and current row)

),

spoken as (

    select
        product_id,
        as_of_date,
        purpose,
        day_number,
        round(mean_units, 6) as expected_units,
        {%- for name, level, normal in quantiles.daily %}
        {{ demand_forecast.count_quantile('mean_units', 'variance', normal) }} as {{ name }},
        {%- endfor %}
        {%- for name, level, normal in quantiles.cumulative %}
        max({{ demand_forecast.count_quantile('cumulative_units', 'cumulative_variance', normal) }})
            over (partition by product_id, as_of_date, purpose order by day_number rows between unbounded preceding and current row) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from added

)

select
    product_id,
    as_of_date,
    purpose,
    {%- for name in demand_forecast.product_lists() %}
    {{ demand_forecast.ordered_list('cast(' ~ name ~ ' as float)', 'day_number') }} as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from spoken
group by product_id, as_of_date, purpose
