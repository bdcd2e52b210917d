-- One row per horizon and category: distinct buyers and units in the newest windows of that length, as many as 28 days hold or one. A
-- customer who buys in two windows counts twice. Only those days are read.
{%- set horizons = demand_forecast.horizons() %}
{%- set days_back = [28, horizons[-1]] | max %}
{%- set cuts = load_relation(ref('demand_forecast', 'seq_cut_dates')) if execute else none %}
{%- set days %}
    select {{ demand_forecast.add_days('cuts.latest_origin_date', '-ago.days_ago') }} as event_date
    from {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
    cross join (select {{ demand_forecast.number_series(0, days_back - 1) }} as days_ago) as ago
    where cuts.latest_origin_date is not null
{%- endset %}
with horizons as (

    {{ demand_forecast.horizon_rows() }}

),

rows_of_days as (

    select *
    from {{ ref('demand_forecast', 'stg_checked_rows') }}
    where {{ demand_forecast.is_step_row() }} and {{ demand_forecast.is_changed_day(days) if cuts else 'true' }}

),

judged_rows as (

    {{ demand_forecast.judged_rows('rows_of_days') }}

),

purchases as (

    select distinct
        judged_rows.customer_id,
        coalesce(products.category, 'unknown') as category,
        {{ demand_forecast.days_between('judged_rows.event_date', 'cuts.latest_origin_date') }} as days_ago
    from judged_rows
    cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
    left join {{ ref('demand_forecast', 'stg_products') }} as products on judged_rows.product_id = products.product_id
    where judged_rows.verdict = 'accepted'
        and not judged_rows.is_linked
        and judged_rows.event_type = 'purchase'
        and judged_rows.product_id is not null
        and judged_rows.event_date <= cuts.latest_origin_date

),

windows as (

    select
        horizon_days,
        greatest(floor(28.0 / horizon_days), 1) * horizon_days as covered_days
    from horizons

),

buyers as (

    select distinct
        windows.horizon_days,
        purchases.category,
        purchases.customer_id,
        floor(purchases.days_ago * 1.0 / windows.horizon_days) as window_number
    from purchases
    inner join windows on purchases.days_ago < windows.covered_days

),

units as (

    select
        windows.horizon_days,
        days.category,
        sum(days.units) as units
    from windows
    cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
    inner join {{ ref('demand_forecast', 'lbl_category_days') }} as days
        on {{ demand_forecast.days_between('days.event_date', 'cuts.latest_origin_date') }} < windows.covered_days
    where days.side = 'products'
    group by windows.horizon_days, days.category

)

select
    units.horizon_days,
    units.category,
    count(buyers.customer_id) as buyers,
    any_value(units.units) as units
from units
left join buyers on units.horizon_days = buyers.horizon_days and units.category = buyers.category
group by units.horizon_days, units.category
