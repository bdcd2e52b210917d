-- One row per product and origin: what is known beside the days. The level of a product is its rate over 28 days in stock, with
-- two days at its category's rate, so that a new product starts from its category, or from the shop where that is new as well. The day
-- that made a product known is no sign of its rate: without an event it would not be there.
with days as (

    select *, event_date > first_event_date as is_settled
    from {{ ref('demand_forecast', 'seq_product_timeline') }}

),

category_days as (

    select category, event_date, avg(units) as category_units
    from days
    where is_eligible and is_settled
    group by category, event_date

),

shop_days as (

    select event_date, avg(units) as shop_units
    from days
    where is_eligible and is_settled
    group by event_date

),

dated as (

    select
        days.*,
        case when days.is_settled then days.units else 0 end as settled_units,
        case when days.is_settled then days.is_in_stock else 0 end as settled_days,
        coalesce(category_days.category_units, shop_days.shop_units) as category_units,
        shop_days.shop_units
    from days
    left join category_days on days.category = category_days.category and days.event_date = category_days.event_date
    left join shop_days on days.event_date = shop_days.event_date

),

levelled as (

    select
        *,
        (sum(settled_units) over last_28 + 2 * coalesce(avg(category_units) over last_28, 0)) / (sum(settled_days) over last_28 + 2) as unit_level,
        sum(settled_units) over same_weekday as weekday_units,
        sum(settled_days) over same_weekday as weekday_days
    from dated
    window
        last_28 as (partition by product_id order by event_date rows between 27 preceding and current row),
        same_weekday as (
            partition by product_id, {{ demand_forecast.iso_weekday('event_date') }}
            order by event_date rows between 7 preceding and current row
        )

),

built as (

    select
        product_id,
        event_date as as_of_date,
        {%- for feature in demand_forecast.product_features() %}
        cast({{ feature.sql }} as float) as {{ feature.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from levelled
    window
        {%- for days in [1, 3, 7, 14, 28, 56, 90] %}
        last_{{ days }} as (partition by product_id order by event_date rows between {{ days - 1 }} preceding and current row),
        {%- endfor %}
        history as (partition by product_id order by event_date)

)

select built.*
from built
inner join {{ ref('demand_forecast', 'seq_product_origins') }} as origins
    on built.product_id = origins.product_id and built.as_of_date = origins.as_of_date
