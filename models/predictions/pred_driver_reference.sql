-- One row: the mean of each feature over all who are eligible at the latest origin, the customer that others are compared with.
select
    {%- for feature in demand_forecast.context_features() %}
    coalesce(avg(contexts.{{ feature.name }}), 0) as {{ feature.name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref('demand_forecast', 'seq_origins') }} as origins
inner join {{ ref('demand_forecast', 'seq_customer_contexts') }} as contexts
    on origins.customer_id = contexts.customer_id and origins.as_of_date = contexts.as_of_date
where origins.role = 'latest'
