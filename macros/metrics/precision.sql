{#- Aggregate: share of buyers among those whose probability is at least one half. -#}
{% macro precision(probability, outcome) %}
  {{ return('count(*) filter (where ' ~ outcome ~ ' and ' ~ probability ~ ' >= 0.5) * 1.0 / nullif(count(*) filter (where ' ~ probability ~ ' >= 0.5), 0)') }}
{% endmacro %}
