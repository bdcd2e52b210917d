{#- The columns that name a group of judged forecasts and who made them. -#}
{% macro error_group() %}
  {{ return('task, model_version, predictor, purpose, horizon_days, forecaster') }}
{% endmacro %}
