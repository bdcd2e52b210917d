-- One row per group of judged forecasts, kind of slice, slice and customer: sums over the customer's origins in the slice. Rows of one
-- customer vary together, so chance is judged by customer.
{%- set group_columns = ['task', 'model_version', 'predictor', 'purpose', 'horizon_days'] %}
{%- set log_loss = demand_forecast.log_loss('errors.purchase_probability', 'errors.actual_purchased') %}
{%- set baseline_log_loss = demand_forecast.log_loss('errors.baseline_probability', 'errors.actual_purchased') %}
with sliced as (
    {% for kind, slice in demand_forecast.error_slices() %}
    select
        customer_id,
        as_of_date,
        '{{ kind }}' as slice_kind,
        {{ slice }} as slice
    from {{ ref('demand_forecast', 'seq_origins') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select
    {%- for name in group_columns %}
    errors.{{ name }},
    {%- endfor %}
    sliced.slice_kind,
    sliced.slice,
    errors.customer_id,
    count(*) as row_count,
    cast(sum(case when errors.actual_purchased then 1 else 0 end) as double) as actual,
    sum(errors.purchase_probability) as expected,
    sum({{ log_loss }}) as log_loss,
    sum({{ log_loss }} - {{ baseline_log_loss }}) as excess_log_loss
from {{ ref('demand_forecast', 'err_customer_demand') }} as errors
inner join sliced on errors.customer_id = sliced.customer_id and errors.as_of_date = sliced.as_of_date
where errors.purpose <> 'shadow'
group by {% for name in group_columns %}errors.{{ name }}, {% endfor %}sliced.slice_kind, sliced.slice, errors.customer_id
