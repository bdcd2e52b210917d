-- One row per customer and origin before the latest one: what was known, and what came true on each of the next days through the
-- latest. They teach the refit of an evaluated version on all the days there are, test days included.
{{ config(materialized='view') }}
{%- set origins %}
    select
        origins.customer_id,
        origins.as_of_date,
        'train' as role,
        origins.block,
        origins.position,
        cuts.latest_origin_date as observed_through_date
    from {{ ref('demand_forecast', 'seq_origins') }} as origins
    cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
    where origins.role <> 'latest'
{%- endset %}
{{ demand_forecast.training_examples(origins) }}
