{#- Days of a window that the customer was known, over rows of a context's origin. -#}
{% macro known_days(window_days) %}
  {{ return("least(any_value(tenure_days) + 1, " ~ window_days ~ ")") }}
{% endmacro %}
