{#- Whether a day is one of every so many, counted from a day that differs by bucket (0 to 419, a multiple of 1 to 7). -#}
{% macro is_day_of(bucket, day, every_days) %}
  {{- return("(" ~ demand_forecast.days_between("cast('2000-01-03' as date)", day) ~ " + " ~ bucket ~ ") % " ~ every_days ~ " = 0") }}
{% endmacro %}
