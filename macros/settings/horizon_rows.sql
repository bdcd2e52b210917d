{#- Select with one row per horizon. -#}
{% macro horizon_rows() %}
    {%- for days in demand_forecast.horizons() %}
    select {{ days }} as horizon_days
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}
