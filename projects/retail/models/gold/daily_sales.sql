{{ config(materialized='table') }}
-- The days come first, because a rule of daily_sales.yml looks into them:
-- depends_on: {{ ref('dim_date') }}
select
    {{ date_key('invoice_date') }} as date_key,
    invoice_date as full_date,
    count(distinct invoice_key) filter (where not is_return) as orders,
    count(distinct invoice_key) as invoices,
    sum(line_count) as line_count,
    coalesce(sum(units) filter (where not is_return), 0) as units,
    coalesce(sum(invoice_amount) filter (where not is_return), 0) as gross_revenue,
    coalesce(sum(invoice_amount) filter (where is_return), 0) as returns_amount,
    sum(invoice_amount) as net_revenue,
    count(distinct customer_id) filter (where not is_return) as active_customers
from {{ ref('invoices') }}
group by invoice_date
order by invoice_date
