{#- The mapped event sources, validated and completed: a list of {name, ref or source, time_zone, columns, constants,
    event_types, required, loads_whole_days}. -#}
{% macro event_sources() %}
  {%- set sources = demand_forecast.seed_shop().get('event_sources') or var('event_sources') -%}
  {%- if sources is string or sources is mapping or sources is not sequence -%}
    {{ demand_forecast.refuse("var `event_sources` takes a list of sources; see the comments in this package's dbt_project.yml") }}
  {%- endif -%}
  {%- set names = [] -%}
  {%- set found = [] -%}
  {%- for entry in sources -%}
    {%- set entry = demand_forecast.check_mapping(entry, "an entry of var `event_sources`", "{name: web, ref: my_model, columns: {customer_id: user_id}}") -%}
    {%- do demand_forecast.check_identifier(entry.get('name'), "`name` in var `event_sources`") -%}
    {%- if entry.name in names -%}
      {{ demand_forecast.refuse("var `event_sources` names `" ~ entry.name ~ "` twice; give each source its own name") }}
    {%- endif -%}
    {%- do names.append(entry.name) -%}
    {%- do found.append(demand_forecast.event_source(entry, "event source `" ~ entry.name ~ "`")) -%}
  {%- endfor -%}
  {%- if found and not found | selectattr('required') | list -%}
    {{ demand_forecast.refuse("every source in var `event_sources` has `required: false`; the latest origin is taken from the required ones, so leave at least one") }}
  {%- endif -%}
  {{ return(found) }}
{% endmacro %}
