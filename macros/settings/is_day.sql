{#- Whether a text is a day of the calendar, as 'YYYY-MM-DD'. -#}
{% macro is_day(text) %}
  {%- set parts = modules.re.fullmatch('([0-9]{4})-([0-9]{2})-([0-9]{2})', text) -%}
  {%- if not parts -%}{{ return(false) }}{%- endif -%}
  {%- set year, month, day = parts[1] | int, parts[2] | int, parts[3] | int -%}
  {%- set is_leap_year = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) -%}
  {%- set lengths = [31, 29 if is_leap_year else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] -%}
  {{ return(year >= 1 and 1 <= month <= 12 and 1 <= day <= lengths[month - 1]) }}
{% endmacro %}
