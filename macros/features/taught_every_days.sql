{#- Of how many days a training on the days of every role reads one: so many that it reads about as many rows of a day of the role `cadences`
    as the role `training` has of its own days. Both have every_days and so many of 1024 `buckets`. A multiple of the role's own cadence,
    since no other day has rows. -#}
{% macro taught_every_days(buckets) %}
  {{- return("cast(cadences.every_days * greatest(round(coalesce(training.every_days * cadences." ~ buckets ~ " * 1.0 / (training." ~ buckets ~ " * cadences.every_days), 1)), 1) as integer)") }}
{% endmacro %}
