{#- Days without a purchase that count as churn: var churn_days, as far as forecasts reach (max_horizon_days). -#}
{% macro churn_days() %}
  {{ return([demand_forecast.setting('churn_days'), demand_forecast.setting('max_horizon_days')] | min) }}
{% endmacro %}
