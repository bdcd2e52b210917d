{#- Aggregate: share of the buyers whose probability was at least one half. -#}
{% macro recall(probability, outcome) %}
  {{ return('count(*) filter (where ' ~ outcome ~ ' and ' ~ probability ~ ' >= 0.5) * 1.0 / nullif(count(*) filter (where ' ~ outcome ~ '), 0)') }}
{% endmacro %}
