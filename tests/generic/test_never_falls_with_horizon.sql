{#- A longer horizon of a customer never has a lower value. -#}
{% test never_falls_with_horizon(model, columns) %}
with compared as (

    select
        customer_id,
        horizon_days,
        {%- for name in columns %}
        {{ name }} - lag({{ name }}) over (partition by customer_id order by horizon_days) as {{ name }}_rise{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}

)

select *
from compared
where {% for name in columns %}{{ name }}_rise < 0{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
