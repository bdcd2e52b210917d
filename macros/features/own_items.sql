{#- Steps of recommendation_candidates over `wanted`, origins of customers: `own`, one row per customer, origin and product of the
    customer's own within active_days, and `customers`, one row per customer and origin. A trip is a day with a purchase. -#}
{% macro own_items() %}
{%- set sum_decay -%} sum(case when is_bought then pow(0.5, age_days / {}.0) else 0 end) {%- endset %}
bought as (

    select
        customer_id,
        product_id,
        event_date,
        {{ demand_forecast.days_between('lag(event_date) over (partition by customer_id, product_id order by event_date)', 'event_date') }} as gap_days,
        dense_rank() over (partition by customer_id order by event_date) as trip_number,
        count(*) over (partition by customer_id, event_date) as basket_items
    from {{ ref('demand_forecast', 'seq_customer_items') }}
    where purchase_count > 0

),

own_days as (

    select
        wanted.customer_id,
        wanted.as_of_date,
        items.product_id,
        items.purchase_count > 0 as is_bought,
        {{ demand_forecast.days_between('items.event_date', 'wanted.as_of_date') }} as age_days,
        bought.trip_number,
        bought.basket_items
    from wanted
    inner join {{ ref('demand_forecast', 'seq_customer_items') }} as items
        on wanted.customer_id = items.customer_id
            and items.event_date <= wanted.as_of_date
            and items.event_date > {{ demand_forecast.add_days('wanted.as_of_date', -demand_forecast.setting('active_days')) }}
    left join bought
        on items.customer_id = bought.customer_id and items.product_id = bought.product_id and items.event_date = bought.event_date

),

customers as (

    select
        customer_id,
        as_of_date,
        count(distinct trip_number) as trip_count,
        count(distinct trip_number) filter (where age_days < 28) as trips_28d,
        max(trip_number) as last_trip_number
    from own_days
    group by customer_id, as_of_date

),

own as (

    select
        own_days.customer_id,
        own_days.as_of_date,
        own_days.product_id,
        count(*) filter (where is_bought) as purchase_days,
        min(age_days) filter (where is_bought) as days_since_bought,
        max(age_days) filter (where is_bought) as days_since_first,
        any_value(customers.last_trip_number) - max(trip_number) as trips_since_bought,
        (max(age_days) filter (where is_bought) - min(age_days) filter (where is_bought)) / nullif(count(*) filter (where is_bought) - 1.0, 0) as own_gap_days,
        count(*) filter (where not is_bought) as interest_days,
        min(age_days) filter (where not is_bought) as days_since_interest,
        {%- for days in [7, 21, 60, 90, 180] %}
        {{ sum_decay.format(days) }} as decayed_{{ days }}d,
        {%- endfor %}
        coalesce(sum(pow(0.8, customers.last_trip_number - trip_number)), 0) as decayed_by_trip,
        sum(case when is_bought then 0 else pow(0.5, age_days / 7.0) end) as interest_7d,
        avg(1.0 / basket_items) as basket_share
    from own_days
    inner join customers on own_days.customer_id = customers.customer_id and own_days.as_of_date = customers.as_of_date
    group by own_days.customer_id, own_days.as_of_date, own_days.product_id

),
{%- endmacro %}
