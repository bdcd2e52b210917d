{#- A column holds one of a few words.  `of` names the model again: dbt hands a test a
    one-argument ref, which would take a user's model of the same name. -#}
{% test one_of(model, of, column, words) %}
select {{ column }}
from {{ ref('demand_forecast', of) }}
where {{ column }} not in ('{{ words | join("', '") }}')
{% endtest %}
