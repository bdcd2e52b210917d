{#- Days from which on a holiday is too far away to matter. -#}
{% macro nearby_days() %}
  {{ return(7) }}
{% endmacro %}
