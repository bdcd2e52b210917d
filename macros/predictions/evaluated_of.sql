{#- Select of at most one row: the model version that answers test origins, with its network. It is the champion, or where that is
    a refit through the latest day, the version that it was made of: that one has not seen the test days. -#}
{% macro evaluated_of(champion) %}
select registry.*
from {{ demand_forecast.registry_relation('model_registry') }} as registry
inner join {{ champion }} as champion
    on registry.model_version = coalesce(champion.evaluated_version, champion.model_version)
{%- endmacro %}
