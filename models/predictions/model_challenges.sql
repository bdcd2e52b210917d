-- One row per challenger that stood at the gate: on which days, beside which champion, with what figures, and what became of it. dbt only
-- makes the table; `demand improve` appends to it.
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='fail') }}
select
    {%- for name, type in demand_forecast.challenge_columns() %}
    cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
where false
