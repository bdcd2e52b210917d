{#- A refused value as an error shows it. Text is called so: in YAML, quotes are easily overlooked. -#}
{% macro shown_value(value) %}
  {{ return(("the text `" if value is string else "`") ~ value ~ "`") }}
{% endmacro %}
