{#- Aggregate over err_customer_bins: mean absolute gap between forecast and outcome, weighted by rows. -#}
{% macro calibration_error() %}
  {{ return('sum(abs(predicted_mean - actual_mean) * row_count) / sum(row_count)') }}
{% endmacro %}
