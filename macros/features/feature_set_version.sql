{#- What the features mean: a number to raise by hand whenever that changes, and the setting that changes it. A model that was
    trained on another one is refused by name. -#}
{% macro feature_set_version() %}
  {{ return("'3-" ~ demand_forecast.setting('units_basis') ~ "'") }}
{% endmacro %}
