-- One row per feature and the group that its share in a forecast is told with; the group of the steps themselves has a row without a
-- feature.
{{ config(materialized='view') }}
{%- for name, beginnings, fact in demand_forecast.driver_groups() if not beginnings %}
select '{{ name }}' as driver_group, cast(null as {{ dbt.type_string() }}) as feature
{%- endfor %}
{%- for feature in demand_forecast.context_features() %}
union all
select '{{ demand_forecast.driver_group_of(feature.name) }}' as driver_group, '{{ feature.name }}' as feature
{%- endfor %}
