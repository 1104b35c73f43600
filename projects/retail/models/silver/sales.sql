{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['sale_id'],
    insert_only=true,
    natural_key=['invoice_no', 'stock_code', 'description', 'quantity', 'invoice_ts', 'unit_price', 'customer_id', 'country'],
    prune_by='invoice_ts',
    rejects='silver.sales_rejected',
    batch_by='file'
) }}
{% set columns = ['invoice_no', 'stock_code', 'description', 'quantity', 'invoice_date', 'unit_price', 'customer_id', 'country'] -%}
-- The engine sets aside the rows with a `_reject_reason`, then drops what is there already by `sale_id`, then applies
-- the quarantine rules of sales.yml in their order: no DISTINCT and no window is wanted here.
with parsed as (
    select
        *,
        upper(trim(invoice_no)) as clean_invoice_no,
        upper(trim(stock_code)) as clean_stock_code,
        nullif(trim(description), '') as clean_description,
        try_cast(quantity as int) as pieces,
        parse_timestamp(invoice_date{% for form in var('timestamp_formats') %}, '{{ form }}'{% endfor %}) as invoice_ts,
        exact_decimal(unit_price, 12, 3) as price,
        exact_integer(customer_id) as customer_number,
        trim(country) as clean_country
    from {{ changes('sales_raw') }}
),

priced as (
    select *, try_cast(pieces * price as decimal(18, 3)) as line_amount
    from parsed
),

judged as (
    select
        *,
        case
            when _raw is not null then 'malformed_row'
            when pieces is null then 'invalid_quantity'
            when invoice_ts is null then 'invalid_invoice_date'
            when price is null then 'invalid_unit_price'
            when customer_number is null and trim(customer_id) <> '' then 'invalid_customer_id'
            when line_amount is null then 'invalid_quantity'
        end as _reject_reason
    from priced
)

select
    surrogate_key(
        clean_invoice_no, clean_stock_code, clean_description, pieces, invoice_ts, price, customer_number, clean_country
    ) as sale_id,
    clean_invoice_no as invoice_no,
    clean_stock_code as stock_code,
    clean_description as description,
    pieces as quantity,
    invoice_ts,
    price as unit_price,
    customer_number as customer_id,
    clean_country as country,
    cast(invoice_ts as date) as invoice_date,
    line_amount,
    starts_with(clean_invoice_no, 'C') as is_return,
    clean_stock_code ~ '^[0-9]{5}[A-Z]{0,2}$' as is_merchandise,
    _batch_id,
    _ingested_at,
    _reject_reason,
    case when _reject_reason is not null then coalesce(_raw, {{ csv_line(columns) }}) end as _reject_raw
from judged
