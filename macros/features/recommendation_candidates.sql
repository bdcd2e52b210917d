{#- Select with one row per customer, origin and product that could be recommended, with all that was known on that day: the
    customer's own products, the neighbours of those, and the most popular products of the last 28 days. `place` counts them by what
    the baseline would say: own purchases, half as much each 90 days, then neighbours, then popularity. `origins` is a relation with
    customer_id and as_of_date, `neighbours` one with neighbours of products that no origin may be earlier than, `stock` one with the
    newest counts. What may not be offered, since it was bought or is missing and a var says so, is a candidate that comes last: it
    still says something about the customer. -#}
{% macro recommendation_candidates(origins, neighbours, stock=none) %}
with wanted as (

    select customer_id, as_of_date
    from {{ origins }}

),

{{ demand_forecast.own_items() }}

{{ demand_forecast.popular_items() }}

tastes as (

    select
        own.customer_id,
        own.as_of_date,
        coalesce(products.category, 'unknown') as category,
        sum(own.decayed_60d) / nullif(sum(sum(own.decayed_60d)) over (partition by own.customer_id, own.as_of_date), 0) as category_share
    from own
    left join {{ ref('demand_forecast', 'stg_products') }} as products on own.product_id = products.product_id
    group by own.customer_id, own.as_of_date, coalesce(products.category, 'unknown')

),

{{ demand_forecast.items_beside(neighbours) }}

named as (

    select customer_id, as_of_date, product_id
    from own
    qualify row_number() over (partition by customer_id, as_of_date order by round(decayed_90d + 0.2 * interest_7d, 9) desc, product_id) <= 200
    union
    select customer_id, as_of_date, product_id
    from beside
    qualify row_number() over (partition by customer_id, as_of_date order by round(neighbour_score, 9) desc, product_id) <= 50
    union
    select wanted.customer_id, wanted.as_of_date, popular.product_id
    from wanted
    inner join (
        select as_of_date, product_id
        from items
        where buyers_28d > 0
        qualify row_number() over (partition by as_of_date order by buyers_28d desc, product_id) <= {{ demand_forecast.setting('recommendation_popular') }}
    ) as popular on wanted.as_of_date = popular.as_of_date

),

{%- if not demand_forecast.setting('recommend_bought') %}

-- Own products reach back active_days only: who bought one before that has bought it all the same.
ever_bought as (

    select distinct wanted.customer_id, wanted.as_of_date, bought.product_id
    from wanted
    inner join bought on wanted.customer_id = bought.customer_id and bought.event_date <= wanted.as_of_date

),
{%- endif %}

joined as (

    select
        named.*,
        customers.trip_count,
        customers.trips_28d,
        {%- for name in ['purchase_days', 'days_since_bought', 'days_since_first', 'trips_since_bought', 'own_gap_days', 'interest_days', 'days_since_interest', 'decayed_7d', 'decayed_21d', 'decayed_60d', 'decayed_180d', 'decayed_by_trip', 'interest_7d', 'basket_share'] %}
        own.{{ name }},
        {%- endfor %}
        {%- for name in ['buyers_7d', 'buyers_28d', 'buyers_91d', 'repeat_share', 'item_gap_days'] %}
        items.{{ name }},
        {%- endfor %}
        tastes.category_share,
        beside.neighbour_score,
        beside.nearest.neighbour_of,
        beside.nearest.is_bought_with,
        true
        {%- if not demand_forecast.setting('recommend_bought') %} and ever_bought.product_id is null{% endif %}
        {%- if stock and not demand_forecast.setting('recommend_out_of_stock') %} and coalesce(stock.on_hand > 0, true){% endif %} as may_be_offered,
        round(
            coalesce(own.decayed_90d + 0.2 * own.interest_7d, 0) + 0.1 * least(coalesce(beside.neighbour_score, 0), 1)
            + 0.001 * coalesce(items.buyers_28d * 1.0 / nullif(busiest.buyers_28d, 0), 0), 9
        ) as baseline_score
    from named
    left join customers on named.customer_id = customers.customer_id and named.as_of_date = customers.as_of_date
    left join own
        on named.customer_id = own.customer_id and named.as_of_date = own.as_of_date and named.product_id = own.product_id
    left join items on named.as_of_date = items.as_of_date and named.product_id = items.product_id
    left join busiest on named.as_of_date = busiest.as_of_date
    left join {{ ref('demand_forecast', 'stg_products') }} as products on named.product_id = products.product_id
    left join tastes
        on named.customer_id = tastes.customer_id
            and named.as_of_date = tastes.as_of_date
            and coalesce(products.category, 'unknown') = tastes.category
    left join beside
        on named.customer_id = beside.customer_id and named.as_of_date = beside.as_of_date and named.product_id = beside.product_id
    {%- if not demand_forecast.setting('recommend_bought') %}
    left join ever_bought
        on named.customer_id = ever_bought.customer_id
            and named.as_of_date = ever_bought.as_of_date
            and named.product_id = ever_bought.product_id
    {%- endif %}
    {%- if stock and not demand_forecast.setting('recommend_out_of_stock') %}
    left join {{ stock }} as stock on named.product_id = stock.product_id
    {%- endif %}

),

-- Features are made small before they are put in order: a customer has hundreds of candidates.
described as (

    select
        customer_id,
        as_of_date,
        product_id,
        may_be_offered,
        baseline_score,
        neighbour_of,
        is_bought_with,
        days_since_interest,
        {%- for feature in demand_forecast.candidate_features() %}
        cast({{ feature.sql }} as float) as {{ feature.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from joined

)

select
    customer_id,
    as_of_date,
    product_id,
    row_number() over (partition by customer_id, as_of_date order by may_be_offered desc, baseline_score desc, product_id) as place,
    baseline_score,
    neighbour_of,
    is_bought_with,
    days_since_interest,
    {%- for feature in demand_forecast.candidate_features() %}
    {{ feature.name }}{{ ',' if not loop.last }}
    {%- endfor %}
from described
{%- endmacro %}
