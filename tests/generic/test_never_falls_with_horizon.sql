{#- A longer horizon of a customer never has a lower value.  `of` names the model again: dbt hands a test a
    one-argument ref, which would take a user's model of the same name. -#}
{% test never_falls_with_horizon(model, of, columns) %}
with compared as (

    select
        customer_id,
        horizon_days,
        {%- for name in columns %}
        {{ name }} - lag({{ name }}) over (partition by customer_id order by horizon_days) as {{ name }}_rise{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('demand_forecast', of) }}

)

select *
from compared
where {% for name in columns %}{{ name }}_rise < 0{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
