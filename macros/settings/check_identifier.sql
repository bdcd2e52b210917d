{#- Nothing from a var reaches SQL as a name unless it is a plain identifier. Returns it. -#}
{% macro check_identifier(value, what) %}
  {%- if value is not string or not modules.re.fullmatch('[A-Za-z_][A-Za-z0-9_]{0,62}', value) -%}
    {{ demand_forecast.refuse(what ~ " is `" ~ value ~ "`, which is not an identifier: letters, digits and underscores, not starting with a digit. For an expression, map a view of your own project") }}
  {%- endif -%}
  {{ return(value) }}
{% endmacro %}
