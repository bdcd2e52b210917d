{#- Whether a day is one of every so many, counted from a day that differs by bucket. Buckets go from 0 to 419, and 1 to 7 divide 420: of
    cadences up to 7 every day has its share of the buckets, of longer ones about that. -#}
{% macro is_day_of(bucket, day, every_days) %}
  {{- return("(" ~ demand_forecast.days_between("cast('2000-01-03' as date)", day) ~ " + " ~ bucket ~ ") % " ~ every_days ~ " = 0") }}
{% endmacro %}
