{#- Squared error of one probability; its mean is the Brier score. -#}
{% macro squared_error(probability, outcome) %}
  {{ return('pow(' ~ probability ~ ' - case when ' ~ outcome ~ ' then 1 else 0 end, 2)') }}
{% endmacro %}
