-- One row per customer and origin of the customer values: the one segment that the customer belongs to; null where no forecast was
-- made. The first that fits, in the order below. Buyers have a place each, also those who are alike: in a shop without amounts, or of
-- one purchase each, a rank that ties share would make champions of them all.
{%- set at_risk = 'churn_probability >= ' ~ demand_forecast.setting('churn_alert_probability') %}
with ranked as (

    select
        *,
        row_number() over (
            partition by as_of_date, purchase_day_count > 0
            order by monetary_value desc, frequency desc, recency_days, customer_id
        ) as place,
        count(*) over (partition by as_of_date, purchase_day_count > 0) as place_count
    from {{ ref('demand_forecast', 'pred_customer_churn') }}

)

select
    *,
    case
        when purchase_probability is null then null
        when purchase_day_count = 0 then 'never_bought'
        when {{ demand_forecast.days_between('first_purchase_date', 'as_of_date') }} < {{ demand_forecast.setting('new_customer_days') }} then 'new'
        when recency_days >= {{ demand_forecast.setting('lost_days') }} and {{ at_risk }} then 'lost'
        when {{ at_risk }} then 'at_risk'
        when place <= {{ demand_forecast.setting('champion_share') }} * place_count then 'champions'
        when frequency >= {{ demand_forecast.setting('loyal_purchase_days') }} then 'loyal'
        else 'promising'
    end as segment
from ranked
