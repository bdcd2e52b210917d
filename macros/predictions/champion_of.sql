{#- Select of at most one row: the model version that serves a task, with its network. None where the newest promotion is of the
    baseline. -#}
{% macro champion_of(task) %}
with newest_promotion as (

    select model_version
    from {{ demand_forecast.registry_relation('model_promotions') }}
    where task = '{{ task }}'
    qualify row_number() over (order by promotion_number desc) = 1

)

select registry.*
from {{ demand_forecast.registry_relation('model_registry') }} as registry
inner join newest_promotion on registry.model_version = newest_promotion.model_version
{%- endmacro %}
