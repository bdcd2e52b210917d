{#- Whether a checked row can be part of a step: sound by itself, of a customer in the sample. -#}
{% macro is_step_row() %}
  {%- set percent = demand_forecast.setting('customer_sample_percent') -%}
  {{ return('row_reason is null' if percent == 100
      else '(row_reason is null and ' ~ demand_forecast.hash_bucket('customer_id', 100) ~ ' < ' ~ percent ~ ')') }}
{% endmacro %}
