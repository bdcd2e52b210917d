-- One row per origin (the latest one, and test origins), horizon and category: units that the forecasts of known products expect, and what
-- came true of the same products; null while the window is open. A test origin is spoken for by the champion, or the version that
-- answers for its back-tests.
{{ config(materialized='table') }}
with horizons as (

    {{ demand_forecast.horizon_rows() }}

),

judged as (

    select
        errors.as_of_date,
        errors.horizon_days,
        coalesce(products.category, 'unknown') as category,
        errors.model_version,
        errors.purpose,
        round(sum(errors.expected_units), 9) as expected_units,
        round(sum(errors.actual_units), 9) as actual_units,
        sum(count(*)) over (partition by errors.as_of_date, errors.horizon_days, errors.model_version, errors.purpose) as row_count
    from {{ ref('demand_forecast', 'err_product_demand') }} as errors
    inner join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts on errors.as_of_date >= cuts.trained_through_date
    left join {{ ref('demand_forecast', 'pred_product_champion') }} as champion on true
    left join {{ ref('demand_forecast', 'stg_products') }} as products on errors.product_id = products.product_id
    where {{ demand_forecast.speaks_for_champion('errors', 'champion') }}
    group by errors.as_of_date, errors.horizon_days, coalesce(products.category, 'unknown'), errors.model_version, errors.purpose

),

one_voice as (

    select *
    from judged
    qualify rank() over (partition by as_of_date, horizon_days order by row_count desc, purpose desc, model_version) = 1

),

served as (

    select
        serving.as_of_date,
        horizons.horizon_days,
        coalesce(products.category, 'unknown') as category,
        round(sum(cast({{ demand_forecast.list_total(demand_forecast.list_start('serving.expected_units', 'horizons.horizon_days')) }} as double)), 9) as expected_units
    from {{ ref('demand_forecast', 'pred_product_serving') }} as serving
    cross join horizons
    left join {{ ref('demand_forecast', 'stg_products') }} as products on serving.product_id = products.product_id
    group by serving.as_of_date, horizons.horizon_days, coalesce(products.category, 'unknown')

)

select as_of_date, horizon_days, category, expected_units, actual_units from one_voice
union all
select as_of_date, horizon_days, category, expected_units, cast(null as double) as actual_units from served
