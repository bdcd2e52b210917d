{#- Join condition: two aliases speak of the same group of judged forecasts. -#}
{% macro same_error_group(left_alias, right_alias) %}
  {%- set conditions = [] -%}
  {%- for name in demand_forecast.error_group().split(', ') -%}
    {%- do conditions.append(left_alias ~ '.' ~ name ~ ' = ' ~ right_alias ~ '.' ~ name) -%}
  {%- endfor -%}
  {{ return(conditions | join(' and ')) }}
{% endmacro %}
