{#- Aggregate: weighted absolute percentage error, the sum of absolute errors by the sum of actual values. -#}
{% macro wape(expected, actual) %}
  {{ return('sum(abs(' ~ expected ~ ' - ' ~ actual ~ ')) / nullif(sum(abs(' ~ actual ~ ')), 0)') }}
{% endmacro %}
