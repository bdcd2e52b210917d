-- One row per search term and day on which it was searched for: how often. Terms are compared without case and outer blanks. What a
-- visitor who was linked later searched for lies on another day, and is left out. Days whose raw rows have not changed keep their rows;
-- a day without a search keeps one without a term. Empty where no source maps terms.
{%- set ns = namespace(has_terms=false) %}
{%- for source in demand_forecast.event_sources() if 'search_term' in source.columns %}{% set ns.has_terms = true %}{% endfor %}
{%- if ns.has_terms %}
{{ demand_forecast.facts_by_day([{'name': 'search_term', 'sql': "case when event_type = 'search' and event_date = own_date then nullif(lower(trim(search_term)), '') end"}], [{'name': 'search_count', 'sql': 'count(*)'}]) }}
{%- else %}
select
    cast(null as {{ dbt.type_string() }}) as search_term,
    cast(null as date) as event_date,
    cast(null as bigint) as search_count,
    cast(null as decimal(38, 0)) as day_fingerprint
where false
{%- endif %}
