-- One row per group of judged forecasts, kind of slice, slice and customer: sums over the customer's origins in the slice. Rows of one
-- customer vary together, so chance is judged by customer.
{%- set group_columns = demand_forecast.judged_group() %}
{%- set log_loss = demand_forecast.log_loss('errors.purchase_probability', 'errors.actual_purchased') %}
{%- set baseline_log_loss = demand_forecast.log_loss('errors.baseline_probability', 'errors.actual_purchased') %}
with judged as (

    select
        {%- for name in group_columns.split(', ') %}
        errors.{{ name }},
        {%- endfor %}
        origins.*,
        case when errors.actual_purchased then 1 else 0 end as actual,
        errors.purchase_probability as expected,
        {{ log_loss }} as log_loss,
        {{ log_loss }} - {{ baseline_log_loss }} as excess_log_loss
    from {{ ref('demand_forecast', 'err_customer_demand') }} as errors
    inner join {{ ref('demand_forecast', 'err_customer_origins') }} as origins
        on errors.customer_id = origins.customer_id and errors.as_of_date = origins.as_of_date
    where errors.purpose <> 'shadow'

)
{% for kind, slice in demand_forecast.error_slices() %}
select
    {{ group_columns }},
    '{{ kind }}' as slice_kind,
    {{ slice }} as slice,
    customer_id,
    count(*) as row_count,
    cast(sum(actual) as double) as actual,
    sum(expected) as expected,
    sum(log_loss) as log_loss,
    sum(excess_log_loss) as excess_log_loss
from judged
group by {{ group_columns }}, slice, customer_id
{{ 'union all' if not loop.last }}
{%- endfor %}
