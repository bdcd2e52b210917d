-- One row per eligible customer whom a network serves: everything that it read, shortest history first.
{{ config(materialized='view') }}
{%- do demand_forecast.setting('prediction_drivers') %}
with serving as (

    select distinct
        serving.customer_id,
        serving.as_of_date,
        serving.model_version
    from {{ ref('demand_forecast', 'pred_customer_serving') }} as serving
    inner join {{ ref('demand_forecast', 'pred_champion') }} as champion on serving.model_version = champion.model_version

)

select
    serving.customer_id,
    serving.as_of_date,
    serving.model_version,
    inputs.feature_set_version,
    inputs.context,
    inputs.steps,
    inputs.days
from serving
inner join {{ ref('demand_forecast', 'seq_customer_inputs') }} as inputs
    on serving.customer_id = inputs.customer_id and serving.as_of_date = inputs.as_of_date
order by inputs.position
