{#- How many of the windows (t, t + horizon] with t from `first` to `last` hold a day and begin before it and after another day: with
    `seen` the day on which its customer or product was first seen, those to whom it was unseen at t. -#}
{% macro shared_windows(day, horizon, first, last, seen=none, known_through=none) %}
  {%- set starts = [demand_forecast.add_days(day, '-' ~ horizon), first] -%}
  {%- if known_through -%}{%- do starts.append('coalesce(' ~ demand_forecast.add_days(known_through, 1) ~ ', ' ~ first ~ ')') -%}{%- endif -%}
  {{ return("greatest(" ~ demand_forecast.days_between("greatest(" ~ starts | join(', ') ~ ")", "least(" ~ demand_forecast.add_days(seen or day, -1) ~ ", " ~ last ~ ")") ~ " + 1, 0)") }}
{% endmacro %}
