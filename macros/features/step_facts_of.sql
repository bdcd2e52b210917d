{#- Select of the step facts over a relation of accepted events; the caller adds `where` and `group by customer_id, event_date`. -#}
{% macro step_facts_of(events) %}
select
    customer_id,
    event_date,
    {%- for fact in demand_forecast.step_facts() %}
    {{ fact.sql }} as {{ fact.name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ events }}
{%- endmacro %}
