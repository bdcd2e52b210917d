{#- What is known ahead about a target day: name and SQL, aggregated over the calendar's rows of the day
    that were known at the origin. -#}
{% macro target_day_features() %}
  {%- set features = [] -%}
  {%- for name in ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] -%}
    {%- do features.append({
        'name': 'is_' ~ name,
        'sql': "max(case when " ~ demand_forecast.iso_weekday('target_days.target_date') ~ " = " ~ loop.index ~ " then 1 else 0 end)"}) -%}
  {%- endfor -%}
  {%- for name in ['is_holiday', 'is_promotion'] -%}
    {%- do features.append({'name': name, 'sql': "max(case when calendar." ~ name ~ " then 1 else 0 end)"}) -%}
  {%- endfor -%}
  {{ return(features) }}
{% endmacro %}
