{#- A mapped column cast to a type, or a typed null where it is not mapped. Text that does not parse becomes null. An `id` is text without
    outer blanks, null where it is blank. -#}
{% macro mapped_column(table, name, type) %}
  {%- if name in table.columns -%}
    {%- set column = adapter.quote(table.columns[name]) -%}
    {%- if type == 'text' -%}{{ return("cast(" ~ column ~ " as " ~ dbt.type_string() ~ ")") }}{%- endif -%}
    {%- if type == 'id' -%}{{ return("nullif(trim(" ~ demand_forecast.id_text(column) ~ "), '')") }}{%- endif -%}
    {{ return(demand_forecast.try_cast(column, type)) }}
  {%- endif -%}
  {{ return("cast(null as " ~ (dbt.type_string() if type in ('text', 'id') else type) ~ ")") }}
{% endmacro %}
