-- At most one row: the model version that serves customer demand, with its network.
{{ config(materialized='view') }}
select registry.*
from {{ demand_forecast.registry_relation('model_registry') }} as registry
inner join {{ demand_forecast.registry_relation('model_promotions') }} as promotions
    on registry.model_version = promotions.model_version
where promotions.task = 'customer_demand'
qualify row_number() over (order by promotions.promotion_number desc) = 1
