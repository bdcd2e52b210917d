-- One row per task of products: whether the shop maps what it needs, what refuses it, what is doubtful, and the counts behind that.
{%- set names_products = demand_forecast.event_sources() | selectattr('columns.product_id', 'defined') | list | length > 0 %}
{%- set has_products = demand_forecast.optional_table('products') is not none %}
{%- set has_stock = demand_forecast.optional_table('stock') is not none %}
{%- set categories = demand_forecast.service_levels().by_category %}
with days as (

    select
        count(*) as product_days,
        coalesce(sum(purchase_count), 0) as purchase_count
    from {{ ref('demand_forecast', 'seq_product_days') }}
    where product_id is not null

),

roles as (

    select
        count(*) filter (where role = 'train') as training_rows,
        count(*) filter (where role = 'validation') as validation_rows
    from {{ ref('demand_forecast', 'seq_product_origins') }}

),

stock as (

    select
        count(*) as product_count,
        count(*) filter (where {{ demand_forecast.days_between('snapshot_date', 'as_of_date') }} > 7) as stale_count,
        min(snapshot_date) as oldest_date
    from {{ ref('demand_forecast', 'seq_latest_stock') }}

),

lists as (

    select
        count(*) filter (where role = 'train') as training_lists,
        count(*) filter (where role = 'validation') as validation_lists
    from {{ ref('demand_forecast', 'lbl_recommendation_origins') }}

),

products as (

    select
        {%- for category in categories %}
        case when count(*) filter (where category = {{ demand_forecast.literal(category) }}) = 0 then {{ demand_forecast.literal(category ~ ', ') }} else '' end ||
        {%- endfor %}
        coalesce(max(''), '') as unknown_categories
    from {{ ref('demand_forecast', 'stg_products') }}

),

facts as (

    select
        days.product_days,
        days.purchase_count,
        roles.training_rows,
        roles.validation_rows,
        lists.training_lists,
        lists.validation_lists,
        stock.product_count,
        stock.stale_count,
        stock.oldest_date,
        products.unknown_categories,
        case
            when days.product_days = 0 then 'no accepted event names a product: map product_id under columns of an event source'
            when days.purchase_count = 0 then 'no accepted purchase names a product: map product_id under columns of the source of purchases'
        end as refusal
    from days
    cross join roles
    cross join lists
    cross join stock
    cross join products

)

select
    'product_demand' as task,
    {{ names_products }} as is_mapped,
    coalesce(
        refusal,
        case when training_rows = 0 or validation_rows = 0 then 'no origin of a product is left for training and validation: wait for more days' end
    ) as refusal,
    '' as warnings,
    training_rows,
    validation_rows
from facts
union all
select
    'recommendation' as task,
    {{ names_products }} as is_mapped,
    coalesce(
        refusal,
        case
            {%- if demand_forecast.setting('validation_days') < 7 %}
            when true then 'what is bought within a week is validated on whole weeks: raise validation_days to 7 or more'
            {%- endif %}
            when training_lists = 0 or validation_lists = 0
                then 'no customer who was known bought a named product within a week of an origin for '
                    || case when training_lists = 0 then 'training' else 'validation' end || ': wait for more days'
        end
    ) as refusal,
    '' as warnings,
    training_lists as training_rows,
    validation_lists as validation_rows
from facts
union all
select
    'demand_outlook' as task,
    {{ has_products and names_products }} as is_mapped,
    cast(null as {{ dbt.type_string() }}) as refusal,
    case
        when refusal is not null then 'the outlook is of the customers alone, in one category: ' || refusal || '; '
        {%- if not has_products %}
        when true then 'every product is of the category unknown: map a table under var products; '
        {%- endif %}
        else ''
    end as warnings,
    training_rows,
    validation_rows
from facts
union all
select
    'inventory_plan' as task,
    {{ has_stock }} as is_mapped,
    case
        {%- if not has_stock %}
        when true then 'no stock table is mapped: map one under var stock'
        {%- endif %}
        when product_count = 0 then 'no stock count is sound and not after the latest origin: load the table under var stock'
        else refusal
    end as refusal,
    case
        when stale_count > 0
            then 'the newest stock count of ' || stale_count || ' of ' || product_count || ' products is older than a week (back to '
                || oldest_date || '): load var stock; ' else ''
    end
    || case
        when unknown_categories <> '' then 'var service_level names categories of no product: ' || rtrim(unknown_categories, ', ') || '; ' else ''
    end as warnings,
    training_rows,
    validation_rows
from facts
