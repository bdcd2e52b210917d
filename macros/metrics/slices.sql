{#- Kinds of slices of origins and the slice of each, as pairs of name and SQL over the columns of seq_origins: in which of them a
    version is better or worse. -#}
{% macro slices() %}
  {%- set seen = demand_forecast.days_between('last_event_date', 'as_of_date') -%}
  {%- set known = demand_forecast.days_between('first_event_date', 'as_of_date') -%}
  {{ return([
      ('all', "'all'"),
      ('activity', "case when purchase_day_count = 0 then 'no purchase yet' when purchase_day_count = 1 then '1 purchase day'"
          ~ " when purchase_day_count < 5 then '2 to 4 purchase days' else '5 purchase days or more' end"),
      ('recency', "case when last_event_date is null then 'never seen' when " ~ seen ~ " <= 7 then 'seen within 7 days' when " ~ seen
          ~ " <= 30 then 'seen within 30 days' else 'seen before' end"),
      ('tenure', "case when first_event_date is null then 'never seen' when " ~ known ~ " < 30 then 'known for less than 30 days' when "
          ~ known ~ " < 180 then 'known for less than 180 days' else 'known for longer' end"),
  ]) }}
{% endmacro %}
