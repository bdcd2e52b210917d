{#- Probability that a standard normal number lies above z (Abramowitz and Stegun 26.2.17, exact to 1e-7). -#}
{% macro upper_tail(z) %}
  {%- set t = '(1 / (1 + 0.2316419 * abs(' ~ z ~ ')))' -%}
  {%- set polynomial = t ~ ' * (0.319381530 + ' ~ t ~ ' * (-0.356563782 + ' ~ t ~ ' * (1.781477937 + ' ~ t ~ ' * (-1.821255978 + ' ~ t ~ ' * 1.330274429))))' -%}
  {%- set tail = '(exp(-' ~ z ~ ' * ' ~ z ~ ' / 2) / 2.506628274631 * ' ~ polynomial ~ ')' -%}
  {{ return('(case when ' ~ z ~ ' >= 0 then ' ~ tail ~ ' else 1 - ' ~ tail ~ ' end)') }}
{% endmacro %}
