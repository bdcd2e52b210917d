{#- Kinds of slices of judged forecasts: those of the origins' customers, and of their days. -#}
{% macro error_slices() %}
  {{ return(demand_forecast.slices() + [
      ('weekday', "'weekday ' || " ~ demand_forecast.iso_weekday(demand_forecast.add_days('as_of_date', 1))),
      ('week', "'week of ' || cast(" ~ demand_forecast.add_days('as_of_date', '(1 - cast(' ~ demand_forecast.iso_weekday('as_of_date') ~ ' as integer))') ~ " as " ~ dbt.type_string() ~ ")"),
  ]) }}
{% endmacro %}
