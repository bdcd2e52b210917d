{#- Aggregate: relative bias, the sum of errors by the sum of actual values; above 0 is too high. -#}
{% macro bias(expected, actual) %}
  {{ return('sum(' ~ expected ~ ' - ' ~ actual ~ ') / nullif(sum(abs(' ~ actual ~ ')), 0)') }}
{% endmacro %}
