{#- Quantile of a count with this mean and variance: that of the gamma distribution by Wilson and Hilferty (1931), brought to the
    nearest whole number with the step of a count in its middle; `+ 0` since minus zero is a number of its own. `normal` is the normal
    distribution's quantile at the level. -#}
{% macro count_quantile(mean, variance, normal) %}
  {{ return("case when " ~ mean ~ " > 0 then greatest(ceil(" ~ mean ~ " * pow(greatest(1 - " ~ variance ~ " / (9 * pow(" ~ mean ~ ", 2)) + "
      ~ normal ~ " * sqrt(" ~ variance ~ ") / (3 * " ~ mean ~ "), 0), 3) - 0.5), 0) + 0 else 0 end") }}
{% endmacro %}
