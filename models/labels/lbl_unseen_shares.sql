-- One row per side, category, origin (test days and the latest) and horizon: what customers or products that the origin does not know
-- add to the window, as a share of what the known ones of the side bring. Expected is the share over the last 28 windows that had
-- closed by the origin, and the buyers a window of them; actual that of the origin's own window, null while it is open.
{%- set shared = {
    'past': ["origins.first_start", "origins.last_start"],
    'own': ["origins.as_of_date", "origins.as_of_date"],
} %}
with everyone as (

    select
        days.side,
        origins.as_of_date,
        origins.horizon_days,
        {%- for name, windows in shared.items() %}
        {%- set count = demand_forecast.shared_windows('days.event_date', 'origins.horizon_days', windows[0], windows[1]) %}
        sum(days.units * {{ count }}) as {{ name }}_units,
        sum(days.revenue * {{ count }}) as {{ name }}_revenue{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('demand_forecast', 'lbl_outlook_windows') }} as origins
    inner join {{ ref('demand_forecast', 'lbl_category_days') }} as days
        on days.event_date > origins.first_start
            and days.event_date <= {{ demand_forecast.add_days('origins.as_of_date', 'origins.horizon_days') }}
    group by days.side, origins.as_of_date, origins.horizon_days

),

unseen as (

    select
        days.side,
        days.category,
        origins.as_of_date,
        origins.horizon_days,
        any_value(origins.is_closed) as is_closed,
        any_value({{ demand_forecast.days_between('origins.first_start', 'origins.last_start') }} + 1) as window_count,
        {%- for name, windows in shared.items() %}
        {%- set count = demand_forecast.shared_windows('days.event_date', 'origins.horizon_days', windows[0], windows[1], 'days.first_date', 'days.known_through_date') %}
        sum(days.units * {{ count }}) as {{ name }}_units,
        sum(days.revenue * {{ count }}) as {{ name }}_revenue,
        sum(days.buyers * {{ count }}) as {{ name }}_buyers{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('demand_forecast', 'lbl_outlook_windows') }} as origins
    inner join {{ ref('demand_forecast', 'lbl_unseen_days') }} as days
        on days.event_date > origins.first_start
            and days.event_date <= {{ demand_forecast.add_days('origins.as_of_date', 'origins.horizon_days') }}
    group by days.side, days.category, origins.as_of_date, origins.horizon_days

),

known as (

    select
        everyone.side,
        everyone.as_of_date,
        everyone.horizon_days,
        {%- for name in ['past_units', 'past_revenue', 'own_units', 'own_revenue'] %}
        nullif(any_value(everyone.{{ name }}) - coalesce(sum(unseen.{{ name }}) filter (where unseen.side = everyone.side), 0), 0) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from everyone
    left join unseen
        on everyone.side = unseen.side and everyone.as_of_date = unseen.as_of_date and everyone.horizon_days = unseen.horizon_days
    group by everyone.side, everyone.as_of_date, everyone.horizon_days

)

select
    known.side,
    unseen.category,
    known.as_of_date,
    known.horizon_days,
    round(sum(unseen.past_units) / any_value(known.past_units), 9) as expected_units_share,
    round(sum(unseen.past_revenue) / any_value(known.past_revenue), 9) as expected_revenue_share,
    round(sum(unseen.past_buyers) / nullif(greatest(any_value(unseen.window_count), 0), 0), 9) as expected_buyers,
    case when any_value(unseen.is_closed) then round(sum(unseen.own_units) / any_value(known.own_units), 9) end as actual_units_share,
    case when any_value(unseen.is_closed) then round(sum(unseen.own_revenue) / any_value(known.own_revenue), 9) end as actual_revenue_share
from unseen
inner join known
    on known.side = case when unseen.side = 'unnamed' then 'products' else unseen.side end
        and known.as_of_date = unseen.as_of_date
        and known.horizon_days = unseen.horizon_days
group by known.side, unseen.category, known.as_of_date, known.horizon_days
having sum(unseen.past_units + unseen.own_units + unseen.past_revenue + unseen.own_revenue) > 0
