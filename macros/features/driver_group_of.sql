{#- The group of driver_groups that a feature is in, by the beginning of its name. -#}
{% macro driver_group_of(feature) %}
  {%- for name, beginnings, fact in demand_forecast.driver_groups() -%}
    {%- for beginning in beginnings if feature.startswith(beginning) -%}{{ return(name) }}{%- endfor -%}
  {%- endfor -%}
  {{ demand_forecast.refuse("the feature " ~ feature ~ " is in no group of driver_groups: add the beginning of its name to one") }}
{% endmacro %}
