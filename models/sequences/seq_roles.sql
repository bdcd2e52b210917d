-- One row per role of an origin: its days, and how many customer-days lie in them, in all and in the newest 26 weeks of the role.
with cuts as (

    select * from {{ ref('demand_forecast', 'seq_cut_dates') }}

),

roles as (

    select 'train' as role, first_event_date as from_date, {{ demand_forecast.add_days('fitted_through_date', -1) }} as through_date from cuts
    union all
    select 'validation' as role, fitted_through_date as from_date, {{ demand_forecast.add_days('trained_through_date', -1) }} as through_date from cuts
    union all
    select 'test' as role, trained_through_date as from_date, {{ demand_forecast.add_days('latest_origin_date', -1) }} as through_date from cuts
    union all
    select 'latest' as role, latest_origin_date as from_date, latest_origin_date as through_date from cuts

),

recent as (

    select
        *,
        greatest(from_date, {{ demand_forecast.add_days('through_date', -181) }}) as recent_from_date
    from roles

)

select
    recent.role,
    recent.from_date,
    recent.through_date,
    recent.recent_from_date,
    {%- for name, first_day in [('customer_days', 'recent.from_date'), ('recent_customer_days', 'recent.recent_from_date')] %}
    sum(greatest({{ demand_forecast.days_between('greatest(timeline.event_date, ' ~ first_day ~ ')', 'least(timeline.eligible_through_date, recent.through_date)') }} + 1, 0)) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from recent
inner join {{ ref('demand_forecast', 'seq_customer_timeline') }} as timeline
    on timeline.event_date <= recent.through_date and timeline.eligible_through_date >= recent.from_date
where recent.from_date <= recent.through_date
group by recent.role, recent.from_date, recent.through_date, recent.recent_from_date
