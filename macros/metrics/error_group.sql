{#- The columns that name a group of judged forecasts. -#}
{% macro judged_group() %}
  {{ return('task, model_version, predictor, purpose, horizon_days') }}
{% endmacro %}


{#- Those and who made the forecasts. -#}
{% macro error_group() %}
  {{ return(demand_forecast.judged_group() ~ ', forecaster') }}
{% endmacro %}
