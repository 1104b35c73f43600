{{ config(materialized='table') }}
-- Invoices are counted for the chosen products only: a distinct count over all of them costs as much as the rest together.
with best as (
    select
        product_key,
        stock_code,
        description,
        units,
        gross_revenue,
        row_number() over (order by gross_revenue desc, stock_code) as place
    from {{ ref('product_performance') }}
    where is_merchandise and sale_lines > 0
    order by gross_revenue desc, stock_code
    limit {{ var('top_products') }}
),

invoices as (
    select product_key, count(distinct invoice_no) as orders
    from {{ ref('fact_sale') }}
    where not is_return and product_key in (select product_key from best)
    group by product_key
)

select place as rank, stock_code, description, units, gross_revenue as revenue, orders
from best
join invoices on invoices.product_key = best.product_key
order by place
