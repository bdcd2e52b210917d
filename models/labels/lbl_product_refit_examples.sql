-- One row per product and origin before the latest one: what was known, and the units of each of the next days in stock through the
-- latest. They teach the refit of an evaluated version on all the days there are, test days included.
{{ config(materialized='view') }}
{%- set origins %}
    select
        origins.product_id,
        origins.as_of_date,
        'train' as role,
        origins.block,
        cuts.latest_origin_date as observed_through_date
    from {{ ref('demand_forecast', 'seq_product_origins') }} as origins
    cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
    where origins.role <> 'latest'
{%- endset %}
{{ demand_forecast.product_examples(origins) }}
