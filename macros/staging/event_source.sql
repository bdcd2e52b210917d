{#- One event source, validated: its columns and constants are known ones, its event types are this package's words. -#}
{% macro event_source(entry, what) %}
  {%- set known = ['customer_id', 'visitor_id', 'event_id', 'event_at', 'event_type', 'channel', 'product_id', 'quantity',
                   'amount', 'unit_price', 'session_id', 'search_term', 'loaded_at'] -%}
  {%- set source = demand_forecast.mapped_table(entry, what, known, ['event_at', 'customer_id'], ['name', 'constants', 'event_types', 'required', 'loads_whole_days']) -%}
  {%- set constants = demand_forecast.check_mapping(entry.get('constants'), "`constants` of " ~ what, "{event_type: purchase}") -%}
  {%- set event_types = demand_forecast.check_mapping(entry.get('event_types'), "`event_types` of " ~ what, "{my_word: purchase}") -%}
  {%- for name in constants if name not in ['event_type', 'channel'] -%}
    {{ demand_forecast.refuse(what ~ " has a constant `" ~ name ~ "`; only event_type and channel can be constant") }}
  {%- endfor -%}
  {%- for name, value in constants.items() if value is not string and value is not number -%}
    {{ demand_forecast.refuse("`" ~ name ~ "` under `constants` of " ~ what ~ " is " ~ demand_forecast.shown_value(value) ~ "; it takes a text") }}
  {%- endfor -%}
  {%- for name in constants if name in source.columns -%}
    {{ demand_forecast.refuse(what ~ " has `" ~ name ~ "` both under `columns` and under `constants`; keep the one that is meant") }}
  {%- endfor -%}
  {%- if 'event_type' not in source.columns and 'event_type' not in constants -%}
    {{ demand_forecast.refuse(what ~ " maps no event_type: add a column under `columns` or a constant under `constants`") }}
  {%- endif -%}
  {%- for word, event_type in event_types.items() if event_type not in demand_forecast.event_types() -%}
    {{ demand_forecast.refuse(what ~ " maps `" ~ word ~ "` to the event type `" ~ event_type ~ "`; known are " ~ demand_forecast.event_types() | join(', ')) }}
  {%- endfor -%}
  {%- set spoken = {} -%}
  {%- for word, event_type in event_types.items() -%}
    {%- do spoken.update({word | string: event_type}) -%}
  {%- endfor -%}
  {%- for switch in ['required', 'loads_whole_days'] if entry.get(switch, true) is not boolean -%}
    {{ demand_forecast.refuse("`" ~ switch ~ "` of " ~ what ~ " is " ~ demand_forecast.shown_value(entry[switch]) ~ "; it takes true or false, without quotes") }}
  {%- endfor -%}
  {%- do source.update({
      'name': entry.name, 'constants': constants, 'event_types': spoken,
      'required': entry.get('required', true), 'loads_whole_days': entry.get('loads_whole_days', false)}) -%}
  {{ return(source) }}
{% endmacro %}
