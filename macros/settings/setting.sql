{#- The one place where SQL reads a scalar var: the value, validated, or an error that names the var and what it allows. -#}
{% macro setting(name) %}
  {%- set shop = demand_forecast.seed_shop() -%}
  {%- set value = shop[name] if name in shop else var(name) -%}
  {%- set rules = {
      'time_zone': ('zone', none),
      'as_of_date': ('date', none), 'fitted_through_date': ('date', none),
      'trained_through_date': ('date', none), 'run_date': ('date', none),
      'test_days': ('integer', [1, 3650]), 'validation_days': ('integer', [1, 3650]),
      'max_horizon_days': ('integer', [1, 365]), 'active_days': ('integer', [1, 3650]),
      'training_rows': ('integer', [1, 1000000000]), 'customer_sample_percent': ('integer', [1, 100]),
      'review_period_days': ('integer', [1, 365]), 'default_lead_time_days': ('integer', [0, 365]),
      'recommendations_k': ('integer', [1, 100]), 'recommendation_popular': ('integer', [1, 1000]),
      'recommend_bought': ('boolean', none), 'recommend_out_of_stock': ('boolean', none),
      'max_events_per_day': ('integer', [1, 1000000000]),
      'churn_days': ('integer', [1, 365]), 'churn_alert_probability': ('number', [0, 1]),
      'new_customer_days': ('integer', [1, 3650]), 'lost_days': ('integer', [1, 3650]),
      'champion_share': ('number', [0, 1]), 'loyal_purchase_days': ('integer', [1, 3650]), 'segment_weeks': ('integer', [1, 520]),
      'trend_false_discovery_rate': ('number', [0, 1]), 'trend_series': ('integer', [1, 1000000]),
      'trend_least_units': ('integer', [1, 1000000000]),
      'slice_false_discovery_rate': ('number', [0, 1]), 'slice_least_customers': ('integer', [2, 1000000]),
      'gate_days': ('integer', [1, 30]), 'health_first_days': ('integer', [2, 365]), 'health_stale_days': ('integer', [1, 3650]),
      'health_alarm': ('number', [0.5, 1000]), 'health_tolerance': ('number', [0, 1]), 'health_drift': ('number', [0, 100]),
      'units_basis': ('choice', ['gross', 'net']),
      'require_gpu': ('boolean', none), 'customer_daily_forecasts': ('boolean', none), 'semantic_layer': ('boolean', none), 'prediction_drivers': ('boolean', none),
      'pseudonymous_customers': ('boolean', none),
  } -%}
  {%- set kind, allowed = rules[name] -%}
  {%- if kind == 'integer' -%}
    {%- if value is not integer or value is boolean or not (allowed[0] <= value <= allowed[1]) -%}
      {{ demand_forecast.refuse("var `" ~ name ~ "` is " ~ demand_forecast.shown_value(value) ~ "; it takes a whole number from " ~ allowed[0] ~ " to " ~ allowed[1] ~ ", without quotes") }}
    {%- endif -%}
  {%- elif kind == 'number' -%}
    {%- if value is not number or value is boolean or not (allowed[0] <= value <= allowed[1]) -%}
      {{ demand_forecast.refuse("var `" ~ name ~ "` is " ~ demand_forecast.shown_value(value) ~ "; it takes a number from " ~ allowed[0] ~ " to " ~ allowed[1] ~ ", without quotes") }}
    {%- endif -%}
  {%- elif kind == 'boolean' -%}
    {%- if value is not boolean -%}
      {{ demand_forecast.refuse("var `" ~ name ~ "` is " ~ demand_forecast.shown_value(value) ~ "; it takes true or false, without quotes") }}
    {%- endif -%}
  {%- elif kind == 'choice' -%}
    {%- if value not in allowed -%}
      {{ demand_forecast.refuse("var `" ~ name ~ "` is `" ~ value ~ "`; it takes one of " ~ allowed | join(', ')) }}
    {%- endif -%}
  {%- elif kind == 'date' -%}
    {%- if value is not none and not demand_forecast.is_day(value | string) -%}
      {{ demand_forecast.refuse("var `" ~ name ~ "` is `" ~ value ~ "`; it takes a day as 'YYYY-MM-DD'") }}
    {%- endif -%}
    {%- set value = none if value is none else value | string -%}
  {%- elif kind == 'zone' -%}
    {%- do demand_forecast.check_time_zone(value, "var `" ~ name ~ "`") -%}
  {%- endif -%}
  {{ return(value) }}
{% endmacro %}
