{#- Select with one row per key, origin and purpose that its version has not scored yet: the latest origin of everyone eligible,
    asked again when an input has changed, and the test origins that the version has not seen in training, asked once for each
    meaning of the features and each mapping of the events. -#}
{% macro unscored_requests(key, origins, champion, evaluated, ledger) %}
with serving as (

    select
        'served' as purpose,
        coalesce(max(model_version), 'baseline') as model_version,
        max(trained_through_date) as trained_through_date
    from {{ champion }}
    union all
    select
        'backtest' as purpose,
        coalesce(max(model_version), 'baseline') as model_version,
        max(trained_through_date) as trained_through_date
    from {{ evaluated }}

),

wanted as (

    select
        origins.{{ key }},
        origins.as_of_date,
        origins.input_hash,
        serving.purpose,
        serving.model_version,
        {{ demand_forecast.feature_set_version(key) }} as feature_set_version,
        {{ demand_forecast.mapping_hash() }} as mapping_hash
    from {{ origins }} as origins
    inner join serving on serving.purpose = case when origins.role = 'latest' then 'served' else 'backtest' end
    where origins.role = 'latest'
        or (origins.role = 'test' and origins.as_of_date >= coalesce(serving.trained_through_date, origins.as_of_date))

)

select wanted.*
from wanted
{%- if ledger %}
-- The few that are wanted are what the engine keeps in memory while it reads the ledger; `not exists` would keep the ledger.
left join {{ ledger }} as said
    on wanted.{{ key }} = said.{{ key }}
        and wanted.as_of_date = said.as_of_date
        and wanted.model_version = said.model_version
        and wanted.input_hash = said.input_hash
        and said.purpose = 'served'
where wanted.purpose = 'served' and said.{{ key }} is null
union all
select wanted.*
from wanted
left join {{ ledger }} as said
    on wanted.{{ key }} = said.{{ key }}
        and wanted.as_of_date = said.as_of_date
        and wanted.model_version = said.model_version
        and wanted.feature_set_version = said.feature_set_version
        and wanted.mapping_hash = said.mapping_hash
        and said.purpose in ('served', 'backtest')
where wanted.purpose = 'backtest' and said.{{ key }} is null
{%- endif %}
{%- endmacro %}
