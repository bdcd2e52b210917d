{#- A key is unique when no combination of its columns occurs twice.  `of` names the model again: dbt hands a test a
    one-argument ref, which would take a user's model of the same name. -#}
{% test unique_key(model, of, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ ref('demand_forecast', of) }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
