-- One row per erased customer and model version that had learnt from that customer. dbt only makes the table; `demand erase` appends to it.
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='fail') }}
select
    cast(null as integer) as erasure_number,
    cast(null as {{ dbt.type_string() }}) as model_version,
    cast(null as {{ dbt.type_string() }}) as customer_hash,
    cast(null as timestamp) as erased_at
where false
