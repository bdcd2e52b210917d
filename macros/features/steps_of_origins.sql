{#- Common table expressions that end in `weighted`: one row per origin and step of its last 90 days or purchase of its last
    365 (one with empty step columns for a dormant customer), with the step's age and weight by half-life. `origins` must name
    what the origin itself knows. -#}
{% macro steps_of_origins() %}
steps as (

    select
        *,
        1 as is_step,
        case when purchase_count > 0 then 1 else 0 end as is_purchase,
        {{ demand_forecast.demand_units() }} as units,
        {{ demand_forecast.demand_revenue() }} as revenue
    from {{ ref('demand_forecast', 'seq_customer_timeline') }}

),

known as (

    select
        origins.*,
        {{ demand_forecast.days_between('steps.event_date', 'origins.as_of_date') }} as age_days,
        {%- for name in ['is_step', 'is_purchase', 'units', 'revenue', 'product_view_count', 'page_view_count', 'search_count',
                         'favourite_count', 'cart_add_count', 'cart_remove_count', 'returned_units', 'product_count'] %}
        steps.{{ name }},
        {%- endfor %}
        case
            when {{ demand_forecast.days_between('steps.previous_purchase_date', 'origins.as_of_date') }} < 365 then steps.purchase_gap_days
        end as gap_days
    from origins
    left join steps
        on origins.customer_id = steps.customer_id
            and steps.event_date between {{ demand_forecast.add_days('origins.as_of_date', -364) }} and origins.as_of_date
            and (steps.is_purchase = 1 or steps.event_date >= {{ demand_forecast.add_days('origins.as_of_date', -89) }})

),

weighted as (

    select
        *,
        pow(0.5, age_days / 365.0) as decay_365,
        {%- for half_life in [7, 21, 60] %}
        case when age_days < 90 then pow(0.5, age_days / {{ half_life }}.0) else 0 end as decay_{{ half_life }}{{ ',' if not loop.last }}
        {%- endfor %}
    from known

)
{%- endmacro %}
