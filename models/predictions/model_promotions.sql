-- One row per promotion or rollback. The champion of a task is its newest row. dbt only makes the table.
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='fail') }}
select
    cast(null as integer) as promotion_number,
    cast(null as {{ dbt.type_string() }}) as task,
    cast(null as {{ dbt.type_string() }}) as model_version,
    cast(null as {{ dbt.type_string() }}) as action,
    cast(null as {{ dbt.type_string() }}) as promoted_by,
    cast(null as {{ dbt.type_string() }}) as reason,
    cast(null as timestamp) as promoted_at
where false
