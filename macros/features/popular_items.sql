{#- Steps of recommendation_candidates over `wanted` and `bought`: `items`, one row per day of an origin and product that was bought
    within active_days, and `busiest`, one row per day. -#}
{% macro popular_items() %}
item_days as (

    select
        dates.as_of_date,
        bought.product_id,
        bought.customer_id,
        bought.gap_days,
        {{ demand_forecast.days_between('bought.event_date', 'dates.as_of_date') }} as age_days
    from (select distinct as_of_date from wanted) as dates
    inner join bought
        on bought.event_date <= dates.as_of_date
            and bought.event_date > {{ demand_forecast.add_days('dates.as_of_date', -demand_forecast.setting('active_days')) }}

),

items as (

    select
        as_of_date,
        product_id,
        {%- for days in [7, 28, 91] %}
        count(distinct case when age_days < {{ days }} then customer_id end) as buyers_{{ days }}d,
        {%- endfor %}
        count(gap_days) * 1.0 / count(*) as repeat_share,
        avg(gap_days) as item_gap_days
    from item_days
    group by as_of_date, product_id

),

busiest as (

    select
        as_of_date,
        max(buyers_28d) as buyers_28d
    from items
    group by as_of_date

),
{%- endmacro %}
