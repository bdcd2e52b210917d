-- Rows of customers under their own ids, where all are to be pseudonyms. What a ledger said before the option was on stays in it:
-- begin with a warehouse of its own, or erase those customers.
{%- set wanted = demand_forecast.setting('pseudonymous_customers') %}
select customer_id
from {{ ref('demand_forecast', 'pred_customer_ledger') }}
where {{ 'length(customer_id) <> 64' if wanted else 'false' }}
union all
select customer_id
from {{ ref('demand_forecast', 'pred_recommendation_ledger') }}
where {{ 'length(customer_id) <> 64' if wanted else 'false' }}
