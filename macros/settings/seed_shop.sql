{#- The mapping of the seed shop while this project is built by itself and maps nothing else; otherwise empty. -#}
{% macro seed_shop() %}
  {{ return(var('seed_shop') if project_name == 'demand_forecast' and not var('event_sources') else {}) }}
{% endmacro %}
