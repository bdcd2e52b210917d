{#- Aggregate: mean pinball loss of a quantile at its level; smallest at the true quantile. -#}
{% macro pinball(quantile, actual, level) %}
  {{ return('avg(case when ' ~ actual ~ ' >= ' ~ quantile ~ ' then ' ~ level ~ ' * (' ~ actual ~ ' - ' ~ quantile
      ~ ') else (1 - ' ~ level ~ ') * (' ~ quantile ~ ' - ' ~ actual ~ ') end)') }}
{% endmacro %}
