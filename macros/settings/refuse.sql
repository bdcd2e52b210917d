{#- Stops the run with a message that names the thing and the remedy. -#}
{% macro refuse(message) %}
  {{ exceptions.raise_compiler_error("demand_forecast: " ~ message) }}
{% endmacro %}
