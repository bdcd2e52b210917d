-- One row per dimension (category, search term), value and week, Monday to Sunday, that lies whole in the data: units bought of the
-- category or searches for the term, also where there were none. The busiest trend_series of each dimension's last 52 weeks.
with span as (

    select
        {{ demand_forecast.add_days('first_event_date', '(8 - ' ~ demand_forecast.iso_weekday('first_event_date') ~ ') % 7') }} as first_monday,
        {{ demand_forecast.add_days('latest_origin_date', '-' ~ demand_forecast.iso_weekday('latest_origin_date') ~ ' % 7') }} as last_sunday
    from {{ ref('demand_forecast', 'seq_cut_dates') }}

),

days as (

    select
        'category' as dimension_type,
        products.category as dimension_value,
        days.event_date,
        {{ demand_forecast.demand_units() }} as units,
        days.purchase_count as occasions
    from {{ ref('demand_forecast', 'seq_product_days') }} as days
    inner join {{ ref('demand_forecast', 'stg_products') }} as products on days.product_id = products.product_id
    where products.category is not null
    union all
    select
        'search_term' as dimension_type,
        search_term as dimension_value,
        event_date,
        search_count as units,
        search_count as occasions
    from {{ ref('demand_forecast', 'seq_search_days') }}
    where search_term is not null

),

weekly as (

    select
        days.dimension_type,
        days.dimension_value,
        {{ demand_forecast.add_days('days.event_date', '1 - ' ~ demand_forecast.iso_weekday('days.event_date')) }} as week_start_date,
        sum(days.units) as units,
        sum(days.occasions) as occasions
    from days
    inner join span on days.event_date between span.first_monday and span.last_sunday
    group by all

),

watched as (

    select weekly.dimension_type, weekly.dimension_value
    from weekly
    inner join span on weekly.week_start_date > {{ demand_forecast.add_days('span.last_sunday', -364) }}
    group by weekly.dimension_type, weekly.dimension_value
    qualify row_number() over (
        partition by weekly.dimension_type order by sum(weekly.units) desc, weekly.dimension_value
    ) <= {{ demand_forecast.setting('trend_series') }}

),

week_starts as (

    select {{ demand_forecast.date_series('first_monday', 'last_sunday') }} as week_start_date
    from span

)

select
    watched.dimension_type,
    watched.dimension_value,
    week_starts.week_start_date,
    coalesce(weekly.units, 0) as units,
    coalesce(weekly.occasions, 0) as occasions
from watched
inner join week_starts on {{ demand_forecast.iso_weekday('week_starts.week_start_date') }} = 1
left join weekly
    on watched.dimension_type = weekly.dimension_type
        and watched.dimension_value = weekly.dimension_value
        and week_starts.week_start_date = weekly.week_start_date
