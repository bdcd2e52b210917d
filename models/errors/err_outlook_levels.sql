-- One row per origin and horizon: by how much each side has to be multiplied, since it said too much or too little in the windows that had
-- closed by the origin. Windows of up to a week tell, in units, for all horizons and money too: they close early, and prices have errors of
-- their own. Four windows without an error are added, so that few windows move little. Both sides have to be there.
{%- set longest, prior = 7, 4 %}
with windows as (

    select *, {{ demand_forecast.add_days('as_of_date', 'horizon_days') }} as closed_date
    from {{ ref('demand_forecast', 'err_outlook_sides') }}
    where target = 'units'
        and horizon_days <= {{ longest }}
        and customer_error is not null
        and product_error is not null

),

origins as (

    select distinct as_of_date, horizon_days
    from {{ ref('demand_forecast', 'err_outlook_sides') }}

),

measured as (

    -- Windows that overlap count together as one: windows of n days that begin on n days are one beside the four.
    select
        origins.as_of_date,
        origins.horizon_days,
        sum(windows.customer_error) / (count(*) + {{ prior }} * windows.horizon_days) as customer_error,
        sum(windows.product_error) / (count(*) + {{ prior }} * windows.horizon_days) as product_error
    from origins
    inner join windows on origins.horizon_days >= windows.horizon_days and origins.as_of_date >= windows.closed_date
    group by origins.as_of_date, origins.horizon_days, windows.horizon_days
    qualify {{ demand_forecast.longest_judged('origins.as_of_date, origins.horizon_days', 'windows.horizon_days', 'count(*)') }}

)

select
    origins.as_of_date,
    origins.horizon_days,
    round(coalesce(1 / (1 + measured.customer_error), 1), 9) as customer_level,
    round(coalesce(1 / (1 + measured.product_error), 1), 9) as product_level
from origins
left join measured on origins.as_of_date = measured.as_of_date and origins.horizon_days = measured.horizon_days
