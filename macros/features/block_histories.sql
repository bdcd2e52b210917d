{#- Select with one row per entity and block of a relation of (key, event_date, block, ...): the days of the block before and of this
    block, oldest first, as a list of structs of features. With `wanted`, a relation with that key, of its entities alone. -#}
{% macro block_histories(relation, key, features, wanted=none) %}
with steps as (

    select
        {{ key }},
        event_date,
        block,
        {%- for feature in features %}
        cast({{ feature.sql }} as float) as {{ feature.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }} as days
    {%- if wanted %}
    where exists (select 1 from {{ wanted }} as wanted where days.{{ key }} = wanted.{{ key }})
    {%- endif %}

),

blocks as (

    select
        {{ key }},
        block,
        {{ demand_forecast.ordered_list(
            demand_forecast.struct_of(features | map(attribute='name') | list), 'event_date'
        ) }} as own_steps
    from steps
    group by {{ key }}, block

)

select
    blocks.{{ key }},
    blocks.block,
    {{ demand_forecast.list_concat('before.own_steps', 'blocks.own_steps') }} as steps
from blocks
left join blocks as before on blocks.{{ key }} = before.{{ key }} and blocks.block = before.block + 1
{%- endmacro %}
