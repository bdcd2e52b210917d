-- One row per model version: the registry without its bytes, and whether the version serves.
{%- set registry = demand_forecast.registry_relation('model_registry') %}
with promotions as (

    select
        task,
        model_version,
        max(promoted_at) as promoted_at,
        max(promotion_number) = max(max(promotion_number)) over (partition by task) as is_champion
    from {{ demand_forecast.registry_relation('model_promotions') }}
    group by task, model_version

)

select
    {%- for name, type in demand_forecast.registry_columns() if type != 'blob' %}
    registry.{{ name }},
    {%- endfor %}
    promotions.promoted_at,
    coalesce(promotions.is_champion, false) as is_champion
from {{ registry }} as registry
left join promotions on registry.task = promotions.task and registry.model_version = promotions.model_version
