{#- Skill of a metric against the baseline's: above 0 is better, 1 is perfect, null where either is undefined. -#}
{% macro skill(metric, value, baseline_value) %}
  {%- set higher_is_better = "('auroc', 'average_precision', 'precision', 'recall')" -%}
  {{ return('case when ' ~ metric ~ ' in ' ~ higher_is_better
      ~ ' then (' ~ value ~ ' - ' ~ baseline_value ~ ') / nullif(1 - ' ~ baseline_value ~ ', 0)'
      ~ ' else 1 - abs(' ~ value ~ ') / nullif(abs(' ~ baseline_value ~ '), 0) end') }}
{% endmacro %}
