{#- Why a product is recommended, in words, over the columns of pred_recommendation_candidates. -#}
{% macro recommendation_reason() %}
case
    when purchase_days > 0
        then 'bought ' || case when purchase_days = 1 then 'once, ' else cast(purchase_days as integer) || ' times, last ' end
            || case when days_since_bought = 0 then 'today' when days_since_bought = 1 then 'yesterday' else cast(days_since_bought as integer) || ' days ago' end
    when interest_days > 0
        then 'viewed on ' || cast(interest_days as integer) || case when interest_days = 1 then ' day, last ' else ' days, last ' end
            || case when days_since_interest = 0 then 'today' when days_since_interest = 1 then 'yesterday' else days_since_interest || ' days ago' end
    when neighbour_of is not null then case when is_bought_with then 'bought with ' else 'viewed with ' end || neighbour_of
    else 'bought by ' || cast(buyers_28d as integer) || case when buyers_28d = 1 then ' customer' else ' customers' end || ' in 28 days'
end
{%- endmacro %}
