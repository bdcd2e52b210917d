-- One row per eligible customer and product that could be recommended at the latest origin, with all that is known of the two.
-- A product whose newest stock count found nothing is left out, unless var recommend_out_of_stock keeps it.
with origins as (

    select customer_id, as_of_date
    from {{ ref('demand_forecast', 'seq_origins') }}
    where role = 'latest'

),

candidates as (

    {{ demand_forecast.recommendation_candidates('origins', ref('demand_forecast', 'seq_item_neighbours')) }}

)

select candidates.*
from candidates
{%- if not demand_forecast.setting('recommend_out_of_stock') %}
left join {{ ref('demand_forecast', 'seq_latest_stock') }} as stock on candidates.product_id = stock.product_id
where coalesce(stock.on_hand > 0, true)
{%- endif %}
