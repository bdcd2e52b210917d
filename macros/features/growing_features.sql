{#- Condition on a feature: it grows with the age of the shop itself, so that it moves says nothing about its customers. Some always
    do. What looks a year back does as long as training origins have less than a year behind them: the long gaps come last. -#}
{% macro growing_features(feature, first_event_date, fitted_through_date) %}
  {%- set always = ['tenure_days', 'purchase_day_count', 'has_purchased'] %}
  {%- set of_a_year = ['days_since_step', 'days_since_purchase', 'mean_gap_days', 'gap_deviation_days', 'recency_by_gap', 'gap_lateness', 'own_gap_hazard_1d', 'own_gap_hazard_7d'] %}
  {%- for day_number in range(1, 8) %}{% do of_a_year.append('yearly_weekday_rate_' ~ day_number) %}{% endfor %}
  {{ return("(" ~ feature ~ " in ('" ~ always | join("', '") ~ "') or " ~ feature ~ " in ('" ~ of_a_year | join("', '") ~ "') and "
      ~ demand_forecast.days_between(first_event_date, fitted_through_date) ~ " < 730)") }}
{% endmacro %}
