-- One row per model version, with the network itself. dbt only makes the table; the `demand` command appends to it.
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='fail') }}
select
    {%- for name, type in demand_forecast.registry_columns() %}
    cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
where false
