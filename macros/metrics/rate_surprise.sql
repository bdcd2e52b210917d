{#- How far a count lies above what an earlier one and a common factor let expect, in standard deviations of two Poisson counts
    (square roots make their spread the same at every size). -#}
{% macro rate_surprise(recent, reference, factor) %}
  {{ return('(2 * (sqrt(' ~ recent ~ ' + 0.375) - sqrt(' ~ factor ~ ' * (' ~ reference ~ ' + 0.375))) / sqrt(1 + ' ~ factor ~ '))') }}
{% endmacro %}
