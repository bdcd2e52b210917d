{#- The customer's own purchase rate on the weekday of target day 1 to 7 over so many days, weighted with a half-life in days and
    shrunk by sixteen made-up weeks at the overall weighted rate (chosen on validation days). An age of 7 - day_number days, and
    every 7 more, is the same weekday. -#}
{% macro weekday_rate(day_number, half_life, window_days) %}
  {%- set youngest = 7 - day_number -%}
  {%- set rate = demand_forecast.weighted_rate('is_purchase', 60) -%}
  {%- set bought = "coalesce(sum(is_purchase * decay_" ~ half_life ~ ") filter (where age_days % 7 = " ~ youngest ~ "), 0)" -%}
  {%- set weeks = "floor(greatest(" ~ demand_forecast.known_days(window_days) ~ " - " ~ youngest ~ " + 6, 0) / 7)" -%}
  {%- set weight = "pow(0.5, " ~ youngest ~ " / " ~ half_life ~ ".0) * (1 - pow(0.5, 7 * " ~ weeks ~ " / " ~ half_life ~ ".0)) / (1 - pow(0.5, 7 / " ~ half_life ~ ".0))" -%}
  {{ return("(" ~ bought ~ " + 16 * " ~ rate ~ ") / (" ~ weight ~ " + 16)") }}
{% endmacro %}
