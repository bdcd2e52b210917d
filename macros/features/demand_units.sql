{#- Units of demand of a step: gross, or net of the returns of the day. -#}
{% macro demand_units() %}
  {{ return("cast(purchased_units as double)" if demand_forecast.setting('units_basis') == 'gross' else "cast(greatest(purchased_units - returned_units, 0) as double)") }}
{% endmacro %}
