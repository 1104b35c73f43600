{{ config(materialized='table') }}
with sums as (
    select
        product_key,
        count(*) filter (where not is_return) as sale_lines,
        coalesce(sum(quantity) filter (where not is_return), 0) as units,
        coalesce(sum(total_amount) filter (where not is_return), 0) as gross_revenue,
        coalesce(sum(quantity) filter (where is_return), 0) as returned_units,
        sum(total_amount) as net_revenue,
        min(date_key) as first_date_key,
        max(date_key) as last_date_key
    from {{ ref('fact_sale') }}
    group by product_key
)

select
    products.product_key,
    products.stock_code,
    products.description,
    products.category,
    products.subcategory,
    products.is_merchandise,
    sale_lines,
    units,
    gross_revenue,
    -returned_units as returned_units,
    net_revenue - gross_revenue as returns_amount,
    net_revenue,
    first_date_key,
    last_date_key
from {{ ref('dim_product') }} as products
join sums on sums.product_key = products.product_key
order by gross_revenue desc, stock_code
