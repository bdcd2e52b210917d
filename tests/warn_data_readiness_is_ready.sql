-- The data can carry its forecasts without a doubt; otherwise data_readiness says why. A warning, since forecasts are made all the
-- same. What the shop has not mapped is not asked for.
{{ config(severity='warn') }}
select
    task,
    status,
    reason
from {{ ref('demand_forecast', 'data_readiness') }}
where status <> 'ready' and is_mapped
