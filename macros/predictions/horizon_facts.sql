{#- Columns of a ledger row and a horizon that it reaches: the daily forecasts added up. -#}
{% macro horizon_facts(ledger, horizon_days) -%}
    {{ ledger }}.customer_id,
    {{ ledger }}.as_of_date,
    {{ horizon_days }} as horizon_days,
    {%- for name in ['input_hash', 'purpose', 'feature_set_version', 'mapping_hash', 'model_version', 'predictor', 'provider', 'scored_at'] %}
    {{ ledger }}.{{ name }},
    {%- endfor %}
    {%- for name in ['purchase', 'baseline'] %}
    round(cast({{ demand_forecast.list_item(ledger ~ '.' ~ name ~ '_probability', horizon_days) }} as double), 6) as {{ name }}_probability,
    {%- endfor %}
    {%- for name in ['expected_units', 'expected_revenue', 'baseline_units', 'baseline_revenue'] %}
    round(cast({{ demand_forecast.list_total(demand_forecast.list_start(ledger ~ '.' ~ name, horizon_days)) }} as double), 6) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
