{#- Share of the customer's own gaps between purchases, among those longer than the present one, that ended within the next
    `days`; six made-up gaps at the customer's weighted rate are added. -#}
{% macro own_gap_hazard(days) %}
  {%- set survived = "count(*) filter (where gap_days > days_since_purchase)" -%}
  {%- set ended = "count(*) filter (where gap_days > days_since_purchase and gap_days <= days_since_purchase + " ~ days ~ ")" -%}
  {%- set rate = demand_forecast.weighted_rate('is_purchase', 60) -%}
  {{ return("(" ~ ended ~ " + 6 * (1 - exp(-" ~ days ~ " * " ~ rate ~ "))) / (" ~ survived ~ " + 6)") }}
{% endmacro %}
