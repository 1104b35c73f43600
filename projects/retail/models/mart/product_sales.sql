{{ config(materialized='view') }}
select
    sold.product_key,
    sold.stock_code,
    sold.description,
    sold.category,
    sold.subcategory,
    products.recommended_price,
    sold.units,
    sold.gross_revenue,
    sold.returned_units,
    sold.returns_amount,
    sold.net_revenue,
    first_day.full_date as first_sold_on,
    last_day.full_date as last_sold_on
from {{ ref('product_performance') }} as sold
join {{ ref('dim_product') }} as products on products.product_key = sold.product_key
join {{ ref('dim_date') }} as first_day on first_day.date_key = sold.first_date_key
join {{ ref('dim_date') }} as last_day on last_day.date_key = sold.last_date_key
where sold.is_merchandise
