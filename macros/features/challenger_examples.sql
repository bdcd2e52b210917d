{#- Training examples whose cuts are those of a `purpose` of lbl_challenger_cuts: a training origin sees no day after the first cut, a
    validation origin none after the second. Origins from the second cut on have role gate and see every day there is. -#}
{% macro challenger_examples(purpose) %}
{%- set origins %}
    select
        origins.customer_id,
        origins.as_of_date,
        origins.block,
        origins.position,
        case
            when origins.as_of_date >= cuts.trained_through_date then 'gate'
            when origins.as_of_date >= cuts.fitted_through_date then 'validation'
            else 'train'
        end as role,
        case
            when origins.as_of_date >= cuts.trained_through_date then cuts.latest_origin_date
            when origins.as_of_date >= cuts.fitted_through_date then cuts.trained_through_date
            else cuts.fitted_through_date
        end as observed_through_date
    from {{ ref('demand_forecast', 'seq_origins') }} as origins
    inner join {{ ref('demand_forecast', 'lbl_challenger_cuts') }} as cuts on cuts.purpose = '{{ purpose }}'
    where origins.role <> 'latest'
{%- endset %}
{{ demand_forecast.training_examples(origins) }}
{% endmacro %}
