{#- Log loss of one forecast. The probability is clipped here and nowhere else. -#}
{% macro log_loss(probability, outcome) %}
  {%- set clipped = 'least(greatest(cast(' ~ probability ~ ' as double), 1e-6), 1 - 1e-6)' -%}
  {{ return('(-ln(case when ' ~ outcome ~ ' then ' ~ clipped ~ ' else 1 - ' ~ clipped ~ ' end))') }}
{% endmacro %}
