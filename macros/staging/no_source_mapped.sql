{#- What the build and data_readiness say where no event source is mapped: most often the vars lie under another key, unseen. -#}
{% macro no_source_mapped() %}
  {{ return("no event source is mapped, so there is nothing to forecast: put var event_sources under `vars: demand_forecast:` in the dbt_project.yml of your own project") }}
{% endmacro %}
