-- One row per customer and origin that teaches or validates recommendations: a customer known before who bought something within the
-- seven days after it. Origins are six days apart, so that they fall on every weekday; windows do not cross a cut.
with cuts as (

    select *
    from {{ ref('demand_forecast', 'seq_cut_dates') }}

),

dates as (

    select
        'train' as role,
        {{ demand_forecast.add_days('cuts.fitted_through_date', '-7 - 6 * numbers.number') }} as as_of_date,
        cuts.first_event_date
    from cuts
    cross join (select {{ demand_forecast.number_series(0, 9) }} as number) as numbers
    union all
    select
        'validation' as role,
        {{ demand_forecast.add_days('cuts.fitted_through_date', '6 * numbers.number') }} as as_of_date,
        cuts.first_event_date
    from cuts
    cross join (select {{ demand_forecast.number_series(0, 9) }} as number) as numbers
    where {{ demand_forecast.add_days('cuts.fitted_through_date', '6 * numbers.number + 7') }} <= cuts.trained_through_date

),

buyers as (

    select
        items.customer_id,
        dates.as_of_date,
        dates.role,
        count(distinct items.product_id) as bought_count
    from dates
    inner join {{ ref('demand_forecast', 'seq_customer_items') }} as items
        on items.event_date > dates.as_of_date
            and items.event_date <= {{ demand_forecast.add_days('dates.as_of_date', 7) }}
    where items.purchase_count > 0
        and dates.as_of_date >= {{ demand_forecast.add_days('dates.first_event_date', 14) }}
    group by items.customer_id, dates.as_of_date, dates.role

)

select buyers.*
from buyers
inner join (
    select customer_id, min(event_date) as first_date
    from {{ ref('demand_forecast', 'seq_customer_items') }}
    group by customer_id
) as known on buyers.customer_id = known.customer_id and known.first_date <= buyers.as_of_date
qualify row_number() over (
    partition by buyers.role order by {{ demand_forecast.row_hash(['buyers.customer_id', 'buyers.as_of_date']) }}
) <= {{ demand_forecast.setting('training_rows') }} / 50
