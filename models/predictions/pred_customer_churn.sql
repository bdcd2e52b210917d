-- One row per customer and origin of the customer values: the facts, and what was said of a purchase within the churn days; nulls
-- where nothing was said. At the latest origin that is what serves, at an earlier one the newest forecast of it in the ledger.
-- Only who ever bought can leave: churn_probability is null for everyone else.
{%- set days = 'least(' ~ demand_forecast.churn_days() ~ ', ' ~ demand_forecast.list_length('forecasts.purchase_probability') ~ ')' %}
with earlier_origins as (

    select distinct facts.as_of_date
    from {{ ref('demand_forecast', 'seq_customer_values') }} as facts
    inner join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts on facts.as_of_date < cuts.latest_origin_date

),

forecasts as (

    select customer_id, as_of_date, predictor, model_version, purchase_probability
    from {{ ref('demand_forecast', 'pred_customer_daily') }}
    union all
    select ledger.customer_id, ledger.as_of_date, ledger.predictor, ledger.model_version, ledger.purchase_probability
    from {{ ref('demand_forecast', 'pred_customer_ledger') }} as ledger
    inner join earlier_origins on ledger.as_of_date = earlier_origins.as_of_date
    where ledger.purpose <> 'shadow'
    qualify row_number() over (
        partition by ledger.customer_id, ledger.as_of_date
        order by ledger.scored_at desc, ledger.purpose desc, ledger.model_version, ledger.input_hash
    ) = 1

),

said as (

    select
        forecasts.customer_id,
        forecasts.as_of_date,
        forecasts.predictor,
        forecasts.model_version,
        cast({{ days }} as integer) as churn_days,
        round(cast({{ demand_forecast.list_item('forecasts.purchase_probability', days) }} as double), 6) as purchase_probability
    from forecasts

)

select
    facts.*,
    said.churn_days,
    said.purchase_probability,
    case when facts.purchase_day_count > 0 then round(1 - said.purchase_probability, 6) end as churn_probability,
    said.predictor,
    said.model_version
from {{ ref('demand_forecast', 'seq_customer_values') }} as facts
left join said on facts.customer_id = said.customer_id and facts.as_of_date = said.as_of_date
