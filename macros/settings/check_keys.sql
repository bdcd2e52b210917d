{#- Every key of a mapping is a known one: a misspelt key would be left out without a word. -#}
{% macro check_keys(entry, known, what) %}
  {%- for key in entry if key not in known -%}
    {%- set nearest = demand_forecast.nearest_word(key | string, known) -%}
    {{ demand_forecast.refuse(what ~ " has the key `" ~ key ~ "`" ~ (", perhaps meant as `" ~ nearest ~ "`" if nearest else "") ~ "; known keys are " ~ known | join(', ')) }}
  {%- endfor -%}
{% endmacro %}
