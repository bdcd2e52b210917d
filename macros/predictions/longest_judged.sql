{#- Condition for qualify: of the rows of a horizon and all shorter ones, that of the longest with at least a week of judged windows;
    without one, that with the most windows. -#}
{% macro longest_judged(keys, shorter, window_count) %}
  {{ return("row_number() over (partition by " ~ keys ~ " order by " ~ window_count ~ " >= 7 desc, case when " ~ window_count ~ " >= 7 then " ~ shorter
      ~ " else " ~ window_count ~ " end desc, " ~ shorter ~ ") = 1") }}
{% endmacro %}
