{#- The columns that name a group of judged forecasts and who made them. -#}
{% macro error_group() %}
  {{ return(demand_forecast.judged_group() ~ ', forecaster') }}
{% endmacro %}
