{#- No value of the columns is missing.  `of` names the model again: dbt hands a test a
    one-argument ref, which would take a user's model of the same name. `newest` is a day of a ledger, as for `unique_key`. -#}
{% test filled(model, of, columns, newest=none) %}
select {{ columns | join(', ') }}
from {{ ref('demand_forecast', of) }}
where ({% for name in columns %}{{ name }} is null{{ ' or ' if not loop.last }}{% endfor %})
{%- if newest %}
    and {{ newest }} = (select max({{ newest }}) from {{ ref('demand_forecast', of) }})
{%- endif %}
{% endtest %}
