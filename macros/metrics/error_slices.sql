{#- Kinds of slices of judged forecasts: those of the origins, what err_customer_origins knows of their customers, and their days. -#}
{% macro error_slices() %}
  {{ return(demand_forecast.slices() + [
      ('channel', "case when last_event_date is null then 'never seen' else coalesce(channel, 'no channel') end"),
      ('category', "case when last_purchase_date is null then 'no purchase yet' else coalesce(category, 'no category') end"),
      ('segment', "coalesce(segment, 'no segment')"),
      ('weekday', "'weekday ' || " ~ demand_forecast.iso_weekday(demand_forecast.add_days('as_of_date', 1))),
      ('week', "'week of ' || cast(" ~ demand_forecast.add_days('as_of_date', '(1 - cast(' ~ demand_forecast.iso_weekday('as_of_date') ~ ' as integer))') ~ " as " ~ dbt.type_string() ~ ")"),
  ]) }}
{% endmacro %}
