{#- Select with up to ten neighbours of each product on a day (`as_of`, a date in SQL): products that the same customers bought or
    looked at on the same days of the last 91, at least three times, by cosine similarity. A customer's day of more than 50 products
    says little about any two of them, and is left out. -#}
{% macro item_neighbours(as_of) %}
with known as (

    select
        items.customer_id,
        items.event_date,
        items.product_id,
        items.purchase_count > 0 as is_bought
    from {{ ref('demand_forecast', 'seq_customer_items') }} as items
    where items.customer_id is not null
        and items.event_date <= {{ as_of }}
        and items.event_date > {{ demand_forecast.add_days(as_of, -91) }}
    qualify count(*) over (partition by items.customer_id, items.event_date) <= 50

),

totals as (

    select
        product_id,
        count(*) as day_count
    from known
    group by product_id
    having count(*) >= 3

),

pairs as (

    select
        first_item.product_id,
        second_item.product_id as neighbour_id,
        count(*) as shared_days,
        2 * count(*) filter (where first_item.is_bought and second_item.is_bought) >= count(*) as is_bought_with
    from known as first_item
    inner join known as second_item
        on first_item.customer_id = second_item.customer_id
            and first_item.event_date = second_item.event_date
            and first_item.product_id <> second_item.product_id
    group by first_item.product_id, second_item.product_id
    having count(*) >= 3

)

select
    pairs.product_id,
    pairs.neighbour_id,
    pairs.is_bought_with,
    round(pairs.shared_days / sqrt(cast(own.day_count as double) * their.day_count), 9) as similarity
from pairs
inner join totals as own on pairs.product_id = own.product_id
inner join totals as their on pairs.neighbour_id = their.product_id
qualify row_number() over (partition by pairs.product_id order by similarity desc, pairs.neighbour_id) <= 10
{%- endmacro %}
