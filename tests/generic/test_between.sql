{#- Numbers lie between their bounds, both included; NaN and infinities lie nowhere. Leave a bound out for none.  `of` names the model again: dbt hands a test a
    one-argument ref, which would take a user's model of the same name. -#}
{% test between(model, of, columns, low=none, high=none) %}
{%- if low is none and high is none -%}
    {{ demand_forecast.refuse("the test `between` takes low, high or both") }}
{%- endif %}
select {{ columns | join(', ') }}
from {{ ref('demand_forecast', of) }}
where
    {%- for name in columns %}
    {{ 'or ' if not loop.first }}not coalesce({{ demand_forecast.is_finite(name) }}, true)
    {{ 'or ' ~ name ~ ' < ' ~ low if low is not none }}
    {{ 'or ' ~ name ~ ' > ' ~ high if high is not none }}
    {%- endfor %}
{% endtest %}
