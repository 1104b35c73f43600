{{ config(materialized='table') }}
select
    to_char(month_start, '%Y-%m') as month,
    orders,
    units,
    gross_revenue,
    net_revenue - gross_revenue as returns_amount,
    net_revenue,
    active_customers
from (
    select
        date_trunc('month', invoice_date) as month_start,
        count(distinct invoice_key) filter (where not is_return) as orders,
        coalesce(sum(units) filter (where not is_return), 0) as units,
        coalesce(sum(invoice_amount) filter (where not is_return), 0) as gross_revenue,
        sum(invoice_amount) as net_revenue,
        count(distinct customer_id) filter (where not is_return) as active_customers
    from {{ ref('invoices') }}
    group by date_trunc('month', invoice_date)
)
order by month
