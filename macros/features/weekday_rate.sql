{#- The customer's own purchase rate on the weekday of target day 1 to 7, weighted with a half-life in days and shrunk by sixteen
    made-up weeks at the overall weighted rate (chosen on validation days). An age of 7 - day_number days, and every 7 more, is the
    same weekday. -#}
{% macro weekday_rate(day_number, half_life) %}
  {%- set same_weekday = "age_days % 7 = " ~ (7 - day_number) -%}
  {%- set rate = demand_forecast.weighted_rate('is_purchase', 60) -%}
  {%- set weight = "any_value(weekday_weight_" ~ half_life ~ "_" ~ day_number ~ ")" -%}
  {{ return("(coalesce(sum(is_purchase * decay_" ~ half_life ~ ") filter (where " ~ same_weekday ~ "), 0) + 16 * " ~ rate ~ ") / (" ~ weight ~ " + 16)") }}
{% endmacro %}
