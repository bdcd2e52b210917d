{#- Select with one row per customer and origin of a relation of candidates: what the network reads of them, the customer's facts as one
    struct and the candidates as a list, in the order of `place`. -#}
{% macro recommendation_inputs(candidates) %}
{%- set features = demand_forecast.candidate_features() | map(attribute='name') | list %}
{%- set facts = ['candidate_count', 'own_count', 'mean_decay'] %}
with lists as (

    select
        customer_id,
        as_of_date,
        cast(count(*) as float) as candidate_count,
        cast(count(*) filter (where purchase_days > 0) as float) as own_count,
        cast(avg(decayed_60d) as float) as mean_decay,
        {{ demand_forecast.ordered_list(demand_forecast.struct_of(features), 'place') }} as steps
    from {{ candidates }}
    group by customer_id, as_of_date

)

select
    lists.customer_id,
    lists.as_of_date,
    {{ demand_forecast.struct_of(facts) }} as context,
    lists.steps,
    target_days.days
from lists
inner join {{ ref('demand_forecast', 'seq_target_days') }} as target_days on lists.as_of_date = target_days.as_of_date
{%- endmacro %}
