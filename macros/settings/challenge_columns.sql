{#- The columns of the log of challenges: name and type. -#}
{% macro challenge_columns() %}
  {%- set text = dbt.type_string() -%}
  {{ return([
      ('challenge_number', 'integer'), ('task', text), ('champion_version', text), ('challenger_version', text), ('action', text),
      ('occasion', text), ('gate_from_date', 'date'), ('gate_through_date', 'date'), ('hazard_count', 'bigint'),
      ('challengers_seen', 'integer'), ('champion_log_loss', 'double'), ('challenger_log_loss', 'double'), ('gain', 'double'),
      ('gain_lower', 'double'), ('bias', 'double'), ('worst_slice', text), ('worst_slice_gain', 'double'), ('is_promoted', 'boolean'),
      ('reason', text), ('refit_version', text), ('decided_by', text), ('decided_at', 'timestamp'),
  ]) }}
{% endmacro %}
