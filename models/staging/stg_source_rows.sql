-- Every raw row of every mapped source in this package's columns; nothing is judged and nothing is left out.
{%- set sources = demand_forecast.event_sources() %}
{%- for source in sources %}
{{ demand_forecast.mapped_event_rows(source) }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- if not sources %}
{{ demand_forecast.no_event_rows() }}
{%- endif %}
