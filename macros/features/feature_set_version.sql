{#- Raise it whenever the meaning of a feature changes: a model trained on another version is refused by name. -#}
{% macro feature_set_version() %}
  {{ return(1) }}
{% endmacro %}
