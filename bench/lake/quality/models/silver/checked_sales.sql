{{ config(materialized='table') }}
-- The file's own columns, typed and no more: the benchmark is about the rules below, not about cleaning.
select
    invoice_no,
    stock_code,
    description,
    cast(quantity as int) as quantity,
    cast(invoice_date as timestamp) as invoice_date,
    cast(unit_price as decimal(12, 3)) as unit_price,
    customer_id,
    country
from {{ ref('sales_raw') }}
