-- One row per origin (the latest one, and test origins), horizon and target (units, revenue): what the customers' forecasts expect, those
-- not seen yet included (new_share of it), and what came true of the same customers; null while the window is open.
{{ config(materialized='table') }}
with judged as (

    select
        errors.as_of_date,
        errors.horizon_days,
        sum(cast(errors.expected_units as double)) as expected_units,
        sum(errors.actual_units) as actual_units,
        sum(cast(errors.expected_revenue as double)) as expected_revenue,
        sum(errors.actual_revenue) as actual_revenue
    from {{ ref('demand_forecast', 'err_customer_demand') }} as errors
    inner join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts on errors.as_of_date >= cuts.trained_through_date
    left join {{ ref('demand_forecast', 'pred_champion') }} as champion on true
    where {{ demand_forecast.speaks_for_champion('errors', 'champion') }}
    group by errors.as_of_date, errors.horizon_days, errors.model_version, errors.purpose
    qualify row_number() over (
        partition by errors.as_of_date, errors.horizon_days
        order by count(*) desc, errors.purpose desc, errors.model_version
    ) = 1

),

served as (

    select
        as_of_date,
        horizon_days,
        sum(cast(expected_units as double)) as expected_units,
        sum(cast(expected_revenue as double)) as expected_revenue
    from {{ ref('demand_forecast', 'pred_customer_serving') }}
    group by as_of_date, horizon_days

),

said as (

    {%- for name in ['judged', 'served'] %}
    {%- for target in ['units', 'revenue'] %}
    select as_of_date, horizon_days, '{{ target }}' as target, expected_{{ target }} as known, {{ 'actual_' ~ target if name == 'judged' else 'null' }} as actual
    from {{ name }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select
    said.as_of_date,
    said.horizon_days,
    said.target,
    round(said.known * (1 + coalesce(shares.expected_share, 0)), 9) as expected,
    round(coalesce(shares.expected_share, 0) / (1 + coalesce(shares.expected_share, 0)), 9) as new_share,
    round(said.actual * (1 + coalesce(shares.actual_share, 0)), 9) as actual
from said
left join (
    {%- for target in ['units', 'revenue'] %}
    select as_of_date, horizon_days, '{{ target }}' as target, expected_{{ target }}_share as expected_share, actual_{{ target }}_share as actual_share
    from {{ ref('demand_forecast', 'lbl_unseen_shares') }}
    where side = 'customers'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
) as shares
    on said.as_of_date = shares.as_of_date and said.horizon_days = shares.horizon_days and said.target = shares.target
