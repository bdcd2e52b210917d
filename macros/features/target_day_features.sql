{#- What is known ahead about a target day: name and SQL, aggregated over the marked days near it (alias nearby, with days_since:
    0 on the marked day itself, below 0 before it) that were known at the origin. The days to and since a major holiday are
    0 on it, and at most nearby_days(). -#}
{% macro target_day_features() %}
  {%- set features = [] -%}
  {%- for name in ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] -%}
    {%- do features.append({
        'name': 'is_' ~ name,
        'sql': "max(case when " ~ demand_forecast.iso_weekday('target_days.target_date') ~ " = " ~ loop.index ~ " then 1 else 0 end)"}) -%}
  {%- endfor -%}
  {%- for name in ['is_holiday', 'is_promotion', 'is_major_holiday'] -%}
    {%- do features.append({'name': name, 'sql': "max(case when nearby." ~ name ~ " and nearby.days_since = 0 then 1 else 0 end)"}) -%}
  {%- endfor -%}
  {%- set major = "case when nearby.is_major_holiday and nearby.days_since " -%}
  {%- do features.extend([
      {'name': 'is_major_holiday_eve', 'sql': "max(" ~ major ~ "= -1 then 1 else 0 end)"},
      {'name': 'days_to_major_holiday', 'sql': "coalesce(min(" ~ major ~ "<= 0 then -nearby.days_since end), " ~ demand_forecast.nearby_days() ~ ")"},
      {'name': 'days_since_major_holiday', 'sql': "coalesce(min(" ~ major ~ ">= 0 then nearby.days_since end), " ~ demand_forecast.nearby_days() ~ ")"},
  ]) -%}
  {{ return(features) }}
{% endmacro %}
