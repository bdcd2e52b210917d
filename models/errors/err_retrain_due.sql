-- One row per model version that has learnt from a customer who was erased since, or goes on from a version that has.
with recursive taught as (

    select model_version, erasure_number
    from {{ ref('demand_forecast', 'model_erasures') }}
    union
    select registry.model_version, taught.erasure_number
    from taught
    inner join {{ demand_forecast.registry_relation('model_registry') }} as registry on taught.model_version = registry.parent_version

)

select
    model_version,
    count(distinct erasure_number) as erased_customers
from taught
group by model_version
