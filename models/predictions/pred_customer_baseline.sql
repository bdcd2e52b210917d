-- One row per customer and origin: what a good analyst's rates say about each of the next days, without a network.
-- The purchase rate of a day is the customer's own rate on that weekday, recent days weighing more (half-life 60 days) and
-- shrunk to the customer's overall rate; units and revenue are the customer's weighted daily rates, spread over the week in
-- the same way. P(h) = 1 - exp(-sum of the first h rates), so it never falls with the horizon.
{{ config(materialized='view') }}
{%- set horizon = demand_forecast.setting('max_horizon_days') %}
with rates as (

    select
        customer_id,
        as_of_date,
        weighted_unit_rate_60d,
        weighted_revenue_rate_60d,
        {%- for day_number in range(1, 8) %}
        cast(weekday_rate_{{ day_number }} as double) as rate_{{ day_number }},
        {%- endfor %}
        nullif(({% for day_number in range(1, 8) %}weekday_rate_{{ day_number }}{{ ' + ' if not loop.last }}{% endfor %}) / 7.0, 0) as mean_rate
    from {{ ref('demand_forecast', 'seq_customer_contexts') }}

),

running as (

    select
        *,
        {%- for day_number in range(1, 8) %}
        {% for earlier in range(1, day_number + 1) %}rate_{{ earlier }}{{ ' + ' if not loop.last }}{% endfor %} as sum_{{ day_number }},
        {%- endfor %}
        coalesce(weighted_unit_rate_60d / mean_rate, 0) as units_by_rate,
        coalesce(weighted_revenue_rate_60d / mean_rate, 0) as revenue_by_rate
    from rates

)

{%- set ns = namespace(rates=[], hazards=[], probabilities=[], units=[], revenue=[]) -%}
{%- for day_number in range(1, horizon + 1) -%}
    {%- set weekday = (day_number - 1) % 7 + 1 -%}
    {%- do ns.rates.append('rate_' ~ weekday) -%}
    {%- do ns.hazards.append('round(1 - exp(-rate_' ~ weekday ~ '), 6)') -%}
    {%- do ns.probabilities.append('round(1 - exp(-(' ~ (day_number - 1) // 7 ~ ' * sum_7 + sum_' ~ weekday ~ ')), 6)') -%}
    {%- do ns.units.append('round(units_by_rate * rate_' ~ weekday ~ ', 6)') -%}
    {%- do ns.revenue.append('round(revenue_by_rate * rate_' ~ weekday ~ ', 6)') -%}
{%- endfor %}

select
    customer_id,
    as_of_date,
    {{ demand_forecast.list_of(ns.rates, 'float') }} as daily_purchase_rates,
    {{ demand_forecast.list_of(ns.hazards, 'float') }} as purchase_hazard,
    {{ demand_forecast.list_of(ns.probabilities, 'float') }} as purchase_probability,
    {{ demand_forecast.list_of(ns.units, 'float') }} as expected_units,
    {{ demand_forecast.list_of(ns.revenue, 'float') }} as expected_revenue
from running
