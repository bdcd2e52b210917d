{#- Share of the customer's own gaps between purchases, among those longer than the present one, that ended within the next
    `days`. Shrunk, three made-up gaps at the customer's weighted rate are added. -#}
{% macro own_gap_hazard(days, is_shrunk) %}
  {%- set survived = "count(*) filter (where gap_days > days_since_purchase)" -%}
  {%- set ended = "count(*) filter (where gap_days > days_since_purchase and gap_days <= days_since_purchase + " ~ days ~ ")" -%}
  {%- if is_shrunk -%}
    {%- set rate = demand_forecast.weighted_rate('is_purchase', 60) -%}
    {{ return("(" ~ ended ~ " + 3 * (1 - exp(-" ~ days ~ " * " ~ rate ~ "))) / (" ~ survived ~ " + 3)") }}
  {%- endif -%}
  {{ return("coalesce(" ~ ended ~ " * 1.0 / nullif(" ~ survived ~ ", 0), 0)") }}
{% endmacro %}
