{#- What the vars say an event means, as a short hash: the mapped sources, the links between visitors and customers, the shop's
    clock, the basis of units and how customers are named. Another mapping has other truths. -#}
{% macro mapping_hash() %}
  {%- set meanings = [demand_forecast.optional_table('identity_links'), demand_forecast.setting('time_zone'), demand_forecast.setting('units_basis')] -%}
  {%- if demand_forecast.setting('pseudonymous_customers') -%}
    {%- do meanings.append('pseudonymous') -%}
  {%- endif -%}
  {%- for source in demand_forecast.event_sources() -%}
    {%- do meanings.append([source.name, source.ref, source.source, source.time_zone, source.columns, source.constants, source.event_types]) -%}
  {%- endfor -%}
  {{ return(demand_forecast.literal(local_md5(tojson(meanings, sort_keys=true))[:12])) }}
{% endmacro %}
