-- One row per version asked in shadow, gate origin and day ahead until the first purchase: the hazard that the version said of the day
-- beside whether the customer bought then. Of several answers of a version for an origin, the newest speaks. Read from what was asked,
-- not from all examples of a challenger: mostly nothing was asked, and then this costs nothing.
{%- set gate_days = [demand_forecast.setting('gate_days'), demand_forecast.setting('max_horizon_days')] | min %}
with said as (

    select *
    from {{ ref('demand_forecast', 'pred_customer_ledger') }}
    where purpose = 'shadow'
    qualify row_number() over (
        partition by customer_id, as_of_date, model_version
        order by scored_at desc, input_hash
    ) = 1

),

judged as (

    select
        said.customer_id,
        said.as_of_date,
        said.model_version,
        said.purchase_hazard,
        cuts.latest_origin_date
    from said
    inner join {{ ref('demand_forecast', 'lbl_challenger_cuts') }} as cuts
        on said.as_of_date >= cuts.trained_through_date and said.as_of_date < cuts.latest_origin_date
    inner join {{ ref('demand_forecast', 'seq_origins') }} as origins
        on said.customer_id = origins.customer_id and said.as_of_date = origins.as_of_date
    where cuts.purpose = 'gate'

),

first_purchases as (

    select
        judged.customer_id,
        judged.as_of_date,
        judged.model_version,
        min(purchase_days.event_date) as event_date
    from judged
    inner join {{ ref('demand_forecast', 'lbl_purchase_days') }} as purchase_days
        on judged.customer_id = purchase_days.customer_id and purchase_days.event_date > judged.as_of_date
    group by judged.customer_id, judged.as_of_date, judged.model_version

),

days as (

    select cast(day as integer) as day
    from (select {{ demand_forecast.number_series(1, gate_days) }} as day) as series

),

days_ahead as (

    select
        judged.customer_id,
        judged.as_of_date,
        judged.model_version,
        days.day,
        {{ demand_forecast.list_item('judged.purchase_hazard', 'days.day') }} as purchase_hazard,
        {{ demand_forecast.add_days('judged.as_of_date', 'days.day') }} as event_date,
        judged.latest_origin_date
    from judged
    cross join days

)

select
    days_ahead.customer_id,
    days_ahead.as_of_date,
    days_ahead.model_version,
    days_ahead.day,
    cast(days_ahead.purchase_hazard as double) as purchase_hazard,
    coalesce(days_ahead.event_date = first_purchases.event_date, false) as has_purchased
from days_ahead
left join first_purchases
    on days_ahead.customer_id = first_purchases.customer_id
        and days_ahead.as_of_date = first_purchases.as_of_date
        and days_ahead.model_version = first_purchases.model_version
where days_ahead.event_date <= days_ahead.latest_origin_date
    and days_ahead.event_date <= coalesce(first_purchases.event_date, days_ahead.latest_origin_date)
