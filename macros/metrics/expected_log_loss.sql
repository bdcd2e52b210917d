{#- What the log loss of one forecast is on average if the probability is true: its entropy. -#}
{% macro expected_log_loss(probability) %}
  {%- set p = 'least(greatest(cast(' ~ probability ~ ' as double), 1e-6), 1 - 1e-6)' -%}
  {{ return('(-(' ~ p ~ ' * ln(' ~ p ~ ') + (1 - ' ~ p ~ ') * ln(1 - ' ~ p ~ ')))') }}
{% endmacro %}
