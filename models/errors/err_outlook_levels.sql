-- One row per origin and horizon: what each side has to be multiplied with, since it said too much or too little in the windows that had closed
-- by the origin. Windows of up to a week tell, in units, for all horizons and for money: they close early, and prices err apart; a
-- window that sold nothing tells too, unless to one side alone: then those sold whom it did not know. Eight windows that were right are added, so
-- that few move little. A refit that serves has a level of its own, and the windows are of the version before it.
{%- set longest, prior = 7, 8 %}
with windows as (

    select *, {{ demand_forecast.add_days('as_of_date', 'horizon_days') }} as closed_date
    from {{ ref('demand_forecast', 'err_outlook_sides') }}
    where target = 'units'
        and horizon_days <= {{ longest }}
        and customer_expected is not null
        and customer_actual is not null
        and product_expected is not null
        and product_actual is not null
        and (customer_actual > 0) = (product_actual > 0)

),

origins as (

    select distinct as_of_date, horizon_days
    from {{ ref('demand_forecast', 'err_outlook_sides') }}

),

measured as (

    -- Windows of neighbouring days overlap: they count as many as would lie end to end in the days that they cover.
    select
        origins.as_of_date,
        origins.horizon_days,
        least(
            count(*), {{ demand_forecast.days_between('min(windows.as_of_date)', 'max(windows.closed_date)') }} / windows.horizon_days
        ) as window_count,
        sum(windows.customer_actual) / nullif(sum(windows.customer_expected), 0) as customer_ratio,
        sum(windows.product_actual) / nullif(sum(windows.product_expected), 0) as product_ratio
    from origins
    inner join windows on origins.horizon_days >= windows.horizon_days and origins.as_of_date >= windows.closed_date
    group by origins.as_of_date, origins.horizon_days, windows.horizon_days
    qualify {{ demand_forecast.longest_judged('origins.as_of_date, origins.horizon_days', 'windows.horizon_days', 'count(*)') }}

),

refits as (

    select
        cuts.latest_origin_date,
        customers.evaluated_version is not null as is_customer_refit,
        products.evaluated_version is not null as is_product_refit
    from {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
    left join {{ ref('demand_forecast', 'pred_champion') }} as customers on true
    left join {{ ref('demand_forecast', 'pred_product_champion') }} as products on true

)

select
    origins.as_of_date,
    origins.horizon_days,
    {%- for side in ['customer', 'product'] %}
    case
        when measured.{{ side }}_ratio is null or coalesce(refits.is_{{ side }}_refit, false) then 1
        else round((measured.{{ side }}_ratio * measured.window_count + {{ prior }}) / (measured.window_count + {{ prior }}), 9)
    end as {{ side }}_level{{ ',' if not loop.last }}
    {%- endfor %}
from origins
left join measured on origins.as_of_date = measured.as_of_date and origins.horizon_days = measured.horizon_days
left join refits on origins.as_of_date = refits.latest_origin_date
