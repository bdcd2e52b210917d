select
    transactions.household_id,
    transactions.basket_id,
    transactions.product_id,
    transactions.transaction_timestamp,
    case when products.department in ('FUEL', 'MISCELLANEOUS') then 0 else transactions.quantity end as quantity,
    transactions.sales_value
from {{ source('complete_journey', 'transactions') }} as transactions
left join {{ source('complete_journey', 'products') }} as products on transactions.product_id = products.product_id
