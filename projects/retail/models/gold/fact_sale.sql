{{ config(materialized='incremental', incremental_strategy='append') }}
-- No joins: the keys are hashes of the natural keys, so a line knows them without looking into a dimension.
-- The dimensions still come first, because the rules of fact_sale.yml look into them:
-- depends_on: {{ ref('dim_customer') }} {{ ref('dim_product') }} {{ ref('dim_country') }} {{ ref('dim_date') }}
select
    sale_id,
    surrogate_key(customer_id) as customer_key,
    surrogate_key(stock_code) as product_key,
    surrogate_key(country) as country_key,
    {{ date_key('invoice_date') }} as date_key,
    quantity,
    unit_price,
    line_amount as total_amount,
    case when stock_code = 'D' then line_amount else cast(0 as decimal(18, 3)) end as discount_amount,
    cast(null as decimal(18, 3)) as tax_amount,
    cast(null as decimal(18, 3)) as profit_amount,
    cast(null as decimal(9, 3)) as margin_percentage,
    _ingested_at as created_at,
    _ingested_at as updated_at,
    invoice_no,
    invoice_ts,
    is_return
from {{ changes('sales') }}
