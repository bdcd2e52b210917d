{#- Exponentially weighted daily rate with a half-life in days over the known days. Purchases get ten made-up days at 0.03 a
    day, so that one purchase on the first day is not a rate of one. -#}
{% macro weighted_rate(measure, half_life) %}
  {%- set prior_days = 10 if measure == 'is_purchase' else 0 -%}
  {%- set known_weight = "(1 - pow(0.5, " ~ demand_forecast.known_days(90) ~ " / " ~ half_life ~ ".0)) / (1 - pow(0.5, 1 / " ~ half_life ~ ".0))" -%}
  {{ return("(coalesce(sum((" ~ measure ~ ") * decay_" ~ half_life ~ "), 0) + " ~ prior_days * 0.03 ~ ") / (" ~ known_weight ~ " + " ~ prior_days ~ ")") }}
{% endmacro %}
