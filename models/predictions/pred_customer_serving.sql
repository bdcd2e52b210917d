-- One row per eligible customer and horizon at the latest origin: the serving version's answer to today's inputs, or the
-- baseline's where the network could not be run.
{{ config(materialized='view') }}
select forecasts.*
from {{ ref('demand_forecast', 'pred_customer_horizons') }} as forecasts
inner join {{ ref('demand_forecast', 'seq_origins') }} as origins
    on forecasts.customer_id = origins.customer_id
        and forecasts.as_of_date = origins.as_of_date
        and forecasts.input_hash = origins.input_hash
left join {{ ref('demand_forecast', 'pred_champion') }} as champion on forecasts.model_version = champion.model_version
where origins.role = 'latest'
    and forecasts.purpose = 'served'
    and (champion.model_version is not null or forecasts.predictor = 'baseline')
qualify row_number() over (
    partition by forecasts.customer_id, forecasts.horizon_days
    order by champion.model_version nulls last, forecasts.scored_at desc
) = 1
