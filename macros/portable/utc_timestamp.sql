{#- A column of any timestamp or text type as a UTC timestamp without zone; null where it does not parse. Values that carry a
    zone keep it; others are read on the clock of `zone`. -#}
{% macro utc_timestamp(column, zone) %}
  {{ return(adapter.dispatch('utc_timestamp', 'demand_forecast')(column, zone)) }}
{% endmacro %}

{% macro duckdb__utc_timestamp(column, zone) %}
  {%- set wall = "try_cast(" ~ column ~ " as timestamp)" -%}
  {%- if zone != 'UTC' -%}{%- set wall = "timezone('UTC', timezone('" ~ zone ~ "', " ~ wall ~ "))" -%}{%- endif -%}
  {%- set with_zone = "case when typeof(" ~ column ~ ") = 'VARCHAR' then try_cast(regexp_replace(cast(" ~ column
      ~ " as varchar), ' ([+-][0-9])', '\\1') as timestamptz) else try_cast(" ~ column ~ " as timestamptz) end" -%}
  {%- set has_zone = "typeof(" ~ column ~ ") in ('TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ_NS')"
      ~ " or typeof(" ~ column ~ ") = 'VARCHAR' and regexp_matches(cast(" ~ column ~ " as varchar), ':[0-9]{2}.*(Z|[+-][0-9]{2}(:?[0-9]{2})?| [A-Za-z_]+(/[A-Za-z_]+)*)$')" -%}
  {{ return("case when " ~ has_zone ~ " then timezone('UTC', " ~ with_zone ~ ") else " ~ wall ~ " end") }}
{% endmacro %}

{% macro default__utc_timestamp(column, zone) %}
  {{ demand_forecast.unsupported_adapter('utc_timestamp') }}
{% endmacro %}
