{#- Steps of recommendation_candidates over `own`: `beside`, one row per customer, origin and neighbour of the customer's own
    products, with the nearest of these. -#}
{% macro items_beside(neighbours) %}
near as (

    select
        own.customer_id,
        own.as_of_date,
        neighbours.neighbour_id as product_id,
        own.product_id as neighbour_of,
        neighbours.is_bought_with,
        least(round(own.decayed_60d + own.interest_7d, 9), 1) * neighbours.similarity as weight
    from own
    inner join {{ neighbours }} as neighbours on own.product_id = neighbours.product_id

),

beside as (

    select
        customer_id,
        as_of_date,
        product_id,
        sum(weight) as neighbour_score,
        max({{ demand_forecast.struct_of(['weight', 'neighbour_of', 'is_bought_with']) }}) as nearest
    from near
    group by customer_id, as_of_date, product_id

),
{%- endmacro %}
