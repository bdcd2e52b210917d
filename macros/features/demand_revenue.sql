{#- Revenue of a step: gross, or net of the returns of the day. -#}
{% macro demand_revenue() %}
  {{ return("cast(purchased_amount as double)" if demand_forecast.setting('units_basis') == 'gross' else "cast(greatest(purchased_amount - returned_amount, 0) as double)") }}
{% endmacro %}
