{#- A number lies between its bounds, both included; NaN lies nowhere. Leave a bound out for none. -#}
{% test between(model, column_name, low=none, high=none) %}
{%- if low is none and high is none -%}
    {{ demand_forecast.refuse("the test `between` takes low, high or both") }}
{%- endif %}
select {{ column_name }}
from {{ model }}
where not coalesce({{ demand_forecast.is_finite(column_name) }}, true)
    {%- if low is not none %}
    or {{ column_name }} < {{ low }}
    {%- endif %}
    {%- if high is not none %}
    or {{ column_name }} > {{ high }}
    {%- endif %}
{% endtest %}
