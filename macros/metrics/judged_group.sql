{#- The columns that name a group of judged forecasts. -#}
{% macro judged_group() %}
  {{ return('task, model_version, predictor, purpose, horizon_days') }}
{% endmacro %}
