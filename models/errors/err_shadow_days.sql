-- One row per version asked in shadow, gate origin and day ahead until the first purchase: the hazard that the version said of the day
-- beside whether the customer bought then. Of several answers of a version for an origin, the newest speaks.
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
        examples.observed_days,
        coalesce({{ demand_forecast.list_item('examples.purchases', 1) }}.day, examples.observed_days + 1) as first_purchase_day
    from said
    inner join {{ ref('demand_forecast', 'lbl_challenger_examples') }} as examples
        on said.customer_id = examples.customer_id and said.as_of_date = examples.as_of_date
    where examples.role = 'gate'

),

days as (

    select {{ demand_forecast.number_series(1, demand_forecast.setting('gate_days')) }} as day

)

select
    judged.customer_id,
    judged.as_of_date,
    judged.model_version,
    cast(days.day as integer) as day,
    cast({{ demand_forecast.list_item('judged.purchase_hazard', 'days.day') }} as double) as purchase_hazard,
    days.day = judged.first_purchase_day as has_purchased
from judged
inner join days on days.day <= least(judged.observed_days, judged.first_purchase_day)
