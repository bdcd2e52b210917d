{#- Condition: a judged forecast is of the version that serves, of the one that answers for its back-tests, or of the baseline where that
    serves. `champion` has one row or none. -#}
{% macro speaks_for_champion(judged, champion) %}
  {{ return("(" ~ judged ~ ".model_version in (" ~ champion ~ ".model_version, " ~ champion ~ ".evaluated_version) or "
      ~ champion ~ ".model_version is null and " ~ judged ~ ".predictor = 'baseline')") }}
{% endmacro %}
