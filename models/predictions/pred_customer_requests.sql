-- One row per customer and origin that the serving version has not scored yet: the latest origin of everyone eligible, and
-- the test origins that the version has not seen in training. The ledger is read through the graph, not by ref, since
-- request -> model -> ledger -> request would be a cycle.
{%- set ledger = demand_forecast.relation_of_model('pred_customer_ledger') %}
with serving as (

    select
        coalesce(max(model_version), 'baseline') as model_version,
        max(trained_through_date) as trained_through_date
    from {{ ref('demand_forecast', 'pred_champion') }}

),

wanted as (

    select
        origins.customer_id,
        origins.as_of_date,
        origins.input_hash,
        case when origins.role = 'latest' then 'served' else 'backtest' end as purpose,
        serving.model_version,
        origins.block,
        origins.position
    from {{ ref('demand_forecast', 'seq_origins') }} as origins
    cross join serving
    where origins.role = 'latest'
        or (origins.role = 'test' and origins.as_of_date >= coalesce(serving.trained_through_date, origins.as_of_date))

)

select wanted.*
from wanted
{%- if ledger %}
left join (
    select distinct customer_id, as_of_date, input_hash, model_version from {{ ledger }}
) as scored
    on wanted.customer_id = scored.customer_id
        and wanted.as_of_date = scored.as_of_date
        and wanted.input_hash = scored.input_hash
        and wanted.model_version = scored.model_version
where scored.customer_id is null
{%- endif %}
