-- One row per customer and origin: what is known beside the steps. An origin whose history has not changed since the last
-- build keeps its row; rows whose origin is gone leave.
{%- set features = demand_forecast.context_features() %}
{%- set kept = demand_forecast.reusable_table(
    ['customer_id', 'as_of_date'] + features | map(attribute='name') | list + ['history_fingerprint', 'feature_set_version']
) %}
with kept as (
    {% if kept %}
    select was.*
    from {{ kept }} as was
    inner join {{ ref('demand_forecast', 'seq_origins') }} as origins
        on was.customer_id = origins.customer_id
            and was.as_of_date = origins.as_of_date
            and was.history_fingerprint = origins.history_fingerprint
    where was.feature_set_version = {{ demand_forecast.feature_set_version() }}
    {% else %}
    select cast(null as {{ dbt.type_string() }}) as customer_id, cast(null as date) as as_of_date where false
    {% endif %}
),

origins as (

    select
        origins.customer_id,
        origins.as_of_date,
        origins.history_fingerprint,
        origins.purchase_day_count,
        coalesce({{ demand_forecast.days_between('origins.last_event_date', 'origins.as_of_date') }}, 365) as days_since_step,
        coalesce({{ demand_forecast.days_between('origins.last_purchase_date', 'origins.as_of_date') }}, 365) as days_since_purchase,
        coalesce({{ demand_forecast.days_between('origins.first_event_date', 'origins.as_of_date') }}, 0) as tenure_days,
        least(coalesce({{ demand_forecast.days_between('origins.first_event_date', 'origins.as_of_date') }}, 0) + 1, 90) as known_days
    from {{ ref('demand_forecast', 'seq_origins') }} as origins
    left join kept on origins.customer_id = kept.customer_id and origins.as_of_date = kept.as_of_date
    where kept.customer_id is null

),

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
            when {{ demand_forecast.days_between('steps.previous_purchase_date', 'origins.as_of_date') }} < 90 then steps.purchase_gap_days
        end as gap_days
    from origins
    left join steps
        on origins.customer_id = steps.customer_id
            and steps.event_date between {{ demand_forecast.add_days('origins.as_of_date', -89) }} and origins.as_of_date

),

weighted as (

    select
        *,
        {%- for half_life in [7, 21, 60] %}
        pow(0.5, age_days / {{ half_life }}.0) as decay_{{ half_life }},
        (1 - pow(0.5, known_days / {{ half_life }}.0)) / (1 - pow(0.5, 1 / {{ half_life }}.0)) as known_weight_{{ half_life }},
        {%- endfor %}
        {%- for day_number in range(1, 8) %}
        pow(0.5, {{ 7 - day_number }} / 60.0) * (1 - pow(0.5, 7 * floor(greatest(known_days - {{ 7 - day_number }} + 6, 0) / 7) / 60.0))
        / (1 - pow(0.5, 7 / 60.0)) as weekday_weight_{{ day_number }}{{ ',' if not loop.last }}
        {%- endfor %}
    from known

),

built as (

    select
        customer_id,
        as_of_date,
        {%- for feature in features %}
        cast({{ feature.sql }} as float) as {{ feature.name }},
        {%- endfor %}
        any_value(history_fingerprint) as history_fingerprint,
        {{ demand_forecast.feature_set_version() }} as feature_set_version
    from weighted
    group by customer_id, as_of_date

)

select * from built
{%- if kept %}
union all
select * from kept
{%- endif %}
