{#- One event source, validated: its columns and constants are known ones, its event types are this package's words. -#}
{% macro event_source(entry, what) %}
  {%- set known = ['customer_id', 'visitor_id', 'event_id', 'event_at', 'event_type', 'channel', 'product_id', 'quantity',
                   'amount', 'unit_price', 'session_id', 'search_term', 'loaded_at'] -%}
  {%- set constants = entry.get('constants') or {} -%}
  {%- set source = demand_forecast.mapped_table(entry, what, known, ['event_at', 'customer_id']) -%}
  {%- for name in constants if name not in ['event_type', 'channel'] -%}
    {{ demand_forecast.refuse(what ~ " has a constant `" ~ name ~ "`; only event_type and channel can be constant") }}
  {%- endfor -%}
  {%- if 'event_type' not in source.columns and 'event_type' not in constants -%}
    {{ demand_forecast.refuse(what ~ " maps no event_type: add a column under `columns` or a constant under `constants`") }}
  {%- endif -%}
  {%- for word, event_type in (entry.get('event_types') or {}).items() if event_type not in demand_forecast.event_types() -%}
    {{ demand_forecast.refuse(what ~ " maps `" ~ word ~ "` to the event type `" ~ event_type ~ "`; known are " ~ demand_forecast.event_types() | join(', ')) }}
  {%- endfor -%}
  {%- for switch in ['required', 'loads_whole_days'] if entry.get(switch, true) not in [true, false] -%}
    {{ demand_forecast.refuse("`" ~ switch ~ "` of " ~ what ~ " is `" ~ entry[switch] ~ "`; it takes true or false") }}
  {%- endfor -%}
  {%- do source.update({
      'name': entry.name, 'constants': constants, 'event_types': entry.get('event_types') or {},
      'required': entry.get('required', true), 'loads_whole_days': entry.get('loads_whole_days', false)}) -%}
  {{ return(source) }}
{% endmacro %}
