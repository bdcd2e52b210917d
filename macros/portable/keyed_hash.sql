{#- HMAC-SHA256 of a text under the session's key, in hexadecimal; null stays null. The key comes as two variables of the session
    and never as text of a query. Without one the query fails by name. Source: RFC 2104. -#}
{% macro keyed_hash(text) %}
  {{ return(adapter.dispatch('keyed_hash', 'demand_forecast')(text)) }}
{% endmacro %}

{% macro duckdb__keyed_hash(text) %}
  {%- set missing = "var pseudonymous_customers needs the secret: set the environment variable DEMAND_SECRET, of 16 bytes or more, and list the plugin demand_forecast.dbt_plugin in your profile" -%}
  {%- set pad = {} -%}
  {%- for side in ['inner', 'outer'] -%}
    {%- do pad.update({side: "coalesce(getvariable('demand_" ~ side ~ "_pad'), cast(error(" ~ demand_forecast.literal(missing) ~ ") as blob))"}) -%}
  {%- endfor -%}
  {{ return("sha256(" ~ pad.outer ~ " || unhex(sha256(" ~ pad.inner ~ " || encode(" ~ text ~ "))))") }}
{% endmacro %}

{% macro default__keyed_hash(text) %}
  {{ demand_forecast.unsupported_adapter('keyed_hash') }}
{% endmacro %}
