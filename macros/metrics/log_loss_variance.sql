{#- How the log loss of one forecast varies if the probability is true. -#}
{% macro log_loss_variance(probability) %}
  {%- set p = 'least(greatest(cast(' ~ probability ~ ' as double), 1e-6), 1 - 1e-6)' -%}
  {{ return('(' ~ p ~ ' * (1 - ' ~ p ~ ') * pow(ln(' ~ p ~ ' / (1 - ' ~ p ~ ')), 2))') }}
{% endmacro %}
