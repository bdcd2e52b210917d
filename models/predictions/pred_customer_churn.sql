-- One row per customer and origin of the customer values: the facts, and how likely the customer buys within the churn days.
-- Only who ever bought can leave: churn_probability is null for everyone else.
{%- set days = 'least(' ~ demand_forecast.churn_days() ~ ', ' ~ demand_forecast.list_length('forecasts.purchase_probability') ~ ')' %}
with said as (

    select
        forecasts.customer_id,
        forecasts.as_of_date,
        forecasts.predictor,
        forecasts.model_version,
        cast({{ days }} as integer) as churn_days,
        round(cast({{ demand_forecast.list_item('forecasts.purchase_probability', days) }} as double), 6) as purchase_probability
    from {{ ref('demand_forecast', 'pred_customer_daily') }} as forecasts

)

select
    facts.*,
    said.churn_days,
    said.purchase_probability,
    case when facts.purchase_day_count > 0 then round(1 - said.purchase_probability, 6) end as churn_probability,
    said.predictor,
    said.model_version
from said
inner join {{ ref('demand_forecast', 'seq_customer_values') }} as facts
    on said.customer_id = facts.customer_id and said.as_of_date = facts.as_of_date
