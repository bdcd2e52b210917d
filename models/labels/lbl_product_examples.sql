-- One row per product and origin of role train or validation: what was known, and the units of each of the next days in stock until
-- the cut. A training origin sees no day after fitted_through_date, a validation origin none after trained_through_date.
{{ config(materialized='view') }}
{%- set origins %}
    select
        origins.product_id,
        origins.as_of_date,
        origins.role,
        origins.block,
        case when origins.role = 'train' then cuts.fitted_through_date else cuts.trained_through_date end as observed_through_date
    from {{ ref('demand_forecast', 'seq_product_origins') }} as origins
    cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
    where origins.role in ('train', 'validation')
{%- endset %}
{{ demand_forecast.product_examples(origins) }}
