{#- The quantiles of a product's demand: column of the ledger, level, and the normal distribution's quantile at it. Daily ones speak
    of one day; cumulative ones of all days up to it, since quantiles of days cannot be added. -#}
{% macro product_quantiles() %}
  {{ return({
      'daily': [('units_p10', 0.1, -1.281552), ('units_p50', 0.5, 0.0), ('units_p90', 0.9, 1.281552), ('units_p95', 0.95, 1.644854)],
      'cumulative': [('cumulative_p50', 0.5, 0.0), ('cumulative_p80', 0.8, 0.841621), ('cumulative_p90', 0.9, 1.281552),
                     ('cumulative_p95', 0.95, 1.644854), ('cumulative_p98', 0.98, 2.053749), ('cumulative_p99', 0.99, 2.326348)],
  }) }}
{% endmacro %}
