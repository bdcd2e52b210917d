{#- A key is unique when no combination of its columns occurs twice.  `of` names the model again: dbt hands a test a
    one-argument ref, which would take a user's model of the same name. Of a ledger that grows every day, rows of `newest`, its latest
    day, are looked at: all others were, on their day. -#}
{% test unique_key(model, of, columns, newest=none) %}
select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ ref('demand_forecast', of) }}
{%- if newest %}
where {{ newest }} = (select max({{ newest }}) from {{ ref('demand_forecast', of) }})
{%- endif %}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
