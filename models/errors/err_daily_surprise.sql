-- One row per task, model version and judged origin: how far the next day was from what the version itself expected of it, in units of
-- the spread that it expected. Under a version that still holds, each is a draw around 0, whatever the day: weekdays and seasons are
-- in the expectation already. Where no horizon is one day, the next days of the shortest are judged instead, and of its windows only those
-- that lie end to end: windows that overlap tell of the same days, and would be surprised together.
{%- set shortest = demand_forecast.horizons() | min %}
{%- set first_origin = 'min(as_of_date) over (partition by model_version)' %}
with
{%- for entity in ['customer', 'product'] %}
{{ entity }}_forecasts as (

    -- After a change of mappings a back-test is asked anew beside what was served: a customer or product still counts once.
    select *
    from {{ ref('demand_forecast', 'err_' ~ entity ~ '_demand') }}
    where horizon_days = {{ shortest }} and purpose <> 'shadow'
    qualify row_number() over (partition by {{ entity }}_id, as_of_date, model_version order by purpose desc) = 1
        {%- if shortest > 1 %} and {{ demand_forecast.days_between(first_origin, 'as_of_date') }} % {{ shortest }} = 0{% endif %}

),
{%- endfor %}

customers as (

    select
        task,
        model_version,
        as_of_date,
        count(*) as row_count,
        sum(case when actual_purchased then 1.0 else 0.0 end) as actual,
        sum(purchase_probability) as expected,
        sum(purchase_probability * (1 - purchase_probability)) as variance,
        sum({{ demand_forecast.log_loss('purchase_probability', 'actual_purchased') }}) as loss,
        sum({{ demand_forecast.expected_log_loss('purchase_probability') }}) as expected_loss,
        sum({{ demand_forecast.log_loss_variance('purchase_probability') }}) as loss_variance,
        sum({{ demand_forecast.log_loss('baseline_probability', 'actual_purchased') }}) as baseline_loss
    from customer_forecasts
    group by task, model_version, as_of_date

),

products as (

    select
        task,
        model_version,
        as_of_date,
        count(*) as row_count,
        sum(actual_units) as actual,
        sum(expected_units) as expected,
        sum(expected_units) as variance,
        sum(abs(actual_units - expected_units)) as loss,
        cast(null as double) as expected_loss,
        cast(null as double) as loss_variance,
        sum(abs(actual_units - baseline_units)) as baseline_loss
    from product_forecasts
    group by task, model_version, as_of_date

),

days as (

    select * from customers
    union all
    select * from products

)

select
    *,
    (actual - expected) / sqrt(nullif(variance, 0)) as level_surprise,
    expected / sqrt(nullif(variance, 0)) as level_scale,
    (loss - expected_loss) / sqrt(nullif(loss_variance, 0)) as loss_surprise,
    expected_loss / sqrt(nullif(loss_variance, 0)) as loss_scale
from days
