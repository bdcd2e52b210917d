-- One row per version asked in shadow, kind of slice, slice and bucket of customers: sums over the hazards of the gate's days. Customers
-- are drawn by bucket when chance is judged, so that the table stays small however many there are. Rounded, so that the order in which
-- threads add up changes no figure of the gate.
with losses as (

    select
        *,
        {{ demand_forecast.log_loss('purchase_hazard', 'has_purchased') }} as log_loss
    from {{ ref('demand_forecast', 'err_shadow_days') }}

),

sliced as (
    {% for kind, slice in demand_forecast.slices() %}
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
    losses.model_version,
    sliced.slice_kind,
    sliced.slice,
    {{ demand_forecast.hash_bucket('losses.customer_id', 1024) }} as customer_bucket,
    count(*) as hazard_count,
    round(sum(losses.log_loss), 9) as log_loss,
    round(sum(losses.purchase_hazard), 9) as expected,
    round(sum(losses.purchase_hazard * (1 - losses.purchase_hazard)), 9) as variance,
    sum(case when losses.has_purchased then 1.0 else 0.0 end) as actual
from losses
inner join sliced on losses.customer_id = sliced.customer_id and losses.as_of_date = sliced.as_of_date
group by all
