{#- What is wrong with a raw row by itself, or null. The order is the order in which a row is judged. -#}
{% macro row_reason() %}
case
    when event_at is null or own_date < cast('1990-01-01' as date) then 'bad_timestamp'
    when event_date > {{ demand_forecast.add_days(demand_forecast.run_date(), 1) }} then 'future_event'
    when event_type is null then 'unknown_event_type'
    when has_quantity and (quantity is null or not {{ demand_forecast.is_finite('quantity') }}) then 'bad_quantity'
    when has_amount and (amount is null or not {{ demand_forecast.is_finite('amount') }}) then 'bad_amount'
    when has_unit_price and (unit_price is null or not {{ demand_forecast.is_finite('unit_price') }}) then 'bad_amount'
    when abs(quantity) > 1e9 then 'bad_quantity'
    when abs(amount) > 1e12 or abs(unit_price) > 1e12 or abs(unit_price * quantity) > 1e12 then 'bad_amount'
    when quantity < 0 and event_type <> 'return' then 'negative_quantity'
    when (amount < 0 or unit_price < 0) and event_type <> 'return' then 'negative_amount'
    when customer_id is null and visitor_id is null then 'blank_customer_id'
    when customer_id is null then 'anonymous_visitor'
end
{%- endmacro %}
