{#- Whether a customer or a product is seen for the first time, or again after more than active_days without an event. -#}
{% macro seen_anew(previous_date, date) %}
  {{ return("coalesce(" ~ demand_forecast.days_between(previous_date, date) ~ " > " ~ demand_forecast.setting('active_days') ~ ", true)") }}
{% endmacro %}
