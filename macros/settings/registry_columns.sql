{#- The columns of the model registry: name and type. -#}
{% macro registry_columns() %}
  {%- set text = dbt.type_string() -%}
  {{ return([
      ('model_version', text), ('task', text), ('predictor', text), ('architecture', text), ('parent_version', text),
      ('evaluated_version', text),
      ('feature_set_version', text), ('mapping_hash', text), ('package_version', text), ('seed', 'integer'), ('hyper_parameters', text),
      ('signature', text), ('fitted_through_date', 'date'), ('trained_through_date', 'date'), ('data_fingerprint', text),
      ('training_rows', 'bigint'), ('validation_rows', 'bigint'),
      ('validation_log_loss', 'double'), ('validation_average_precision', 'double'),
      ('baseline_log_loss', 'double'), ('baseline_average_precision', 'double'), ('validation_metrics', text),
      ('parity_tolerance', 'double'), ('onnx_sha256', text), ('onnx_bytes', 'blob'), ('weights_bytes', 'blob'),
      ('golden_rows', 'blob'), ('trained_at', 'timestamp'),
  ]) }}
{% endmacro %}
