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
        coalesce({{ demand_forecast.days_between('origins.first_event_date', 'origins.as_of_date') }}, 0) as tenure_days
    from {{ ref('demand_forecast', 'seq_origins') }} as origins
    left join kept on origins.customer_id = kept.customer_id and origins.as_of_date = kept.as_of_date
    where kept.customer_id is null

),

{{ demand_forecast.steps_of_origins() }},

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
