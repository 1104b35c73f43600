{{ config(materialized='table') }}
-- One pass over the lines; what counts invoices, customers or days afterwards reads a twentieth of the rows.
select
    surrogate_key(invoice_no) as invoice_key,
    invoice_no,
    customer_id,
    country,
    invoice_date,
    starts_with(invoice_no, 'C') as is_return,
    max(invoice_ts) as last_invoice_ts,
    count(*) as line_count,
    sum(quantity) as units,
    sum(line_amount) as invoice_amount,
    min(_ingested_at) as created_at,
    max(_ingested_at) as updated_at
from {{ ref('sales') }}
group by invoice_no, customer_id, country, invoice_date
