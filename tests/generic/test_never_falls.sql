{#- Along a column, the rows of a key never have lower values.  `of` names the model again: dbt hands a test a
    one-argument ref, which would take a user's model of the same name. -#}
{% test never_falls(model, of, key, along, columns) %}
with compared as (

    select
        {{ key | join(', ') }},
        {{ along }},
        {%- for name in columns %}
        {{ name }} - lag({{ name }}) over (partition by {{ key | join(', ') }} order by {{ along }}) as {{ name }}_rise{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('demand_forecast', of) }}

)

select *
from compared
where {% for name in columns %}{{ name }}_rise < 0{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
