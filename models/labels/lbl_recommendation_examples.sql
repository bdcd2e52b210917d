-- One row per customer and origin of role train or validation: what was known, and which of the candidates were bought within the seven
-- days after it. Neighbours are those of the first training origin: later days would tell what was bought with what.
{{ config(materialized='view') }}
with neighbours as (

    {{ demand_forecast.item_neighbours('(select min(as_of_date) from ' ~ ref('demand_forecast', 'lbl_recommendation_origins') ~ ')') | indent(4) }}

),

candidates as (

    {{ demand_forecast.recommendation_candidates(ref('demand_forecast', 'lbl_recommendation_origins'), 'neighbours') | indent(4) }}

),

inputs as (

    {{ demand_forecast.recommendation_inputs('candidates') | indent(4) }}

),

bought as (

    select
        candidates.customer_id,
        candidates.as_of_date,
        {{ demand_forecast.ordered_list('candidates.place', 'candidates.place') }} as places
    from candidates
    inner join (
        select distinct origins.customer_id, origins.as_of_date, items.product_id
        from {{ ref('demand_forecast', 'lbl_recommendation_origins') }} as origins
        inner join {{ ref('demand_forecast', 'seq_customer_items') }} as items
            on origins.customer_id = items.customer_id
                and items.event_date > origins.as_of_date
                and items.event_date <= {{ demand_forecast.add_days('origins.as_of_date', 7) }}
        where items.purchase_count > 0
    ) as sales
        on candidates.customer_id = sales.customer_id
            and candidates.as_of_date = sales.as_of_date
            and candidates.product_id = sales.product_id
    group by candidates.customer_id, candidates.as_of_date

)

select
    inputs.customer_id,
    inputs.as_of_date,
    origins.role,
    {{ demand_forecast.feature_set_version() }} as feature_set_version,
    {{ demand_forecast.mapping_hash() }} as mapping_hash,
    inputs.context,
    inputs.steps,
    inputs.days,
    origins.bought_count,
    coalesce(bought.places, {{ demand_forecast.empty_list() }}) as places
from inputs
inner join {{ ref('demand_forecast', 'lbl_recommendation_origins') }} as origins
    on inputs.customer_id = origins.customer_id and inputs.as_of_date = origins.as_of_date
left join bought on inputs.customer_id = bought.customer_id and inputs.as_of_date = bought.as_of_date
