{{ config(materialized='table') }}
with sums as (
    select
        country,
        count(distinct invoice_key) filter (where not is_return) as orders,
        count(distinct customer_id) filter (where not is_return) as customers,
        cast(coalesce(sum(invoice_amount) filter (where not is_return), 0) as decimal(18, 3)) as gross_revenue,
        cast(sum(invoice_amount) as decimal(18, 3)) as net_revenue
    from {{ ref('invoices') }}
    group by country
)

select
    countries.country_name as country,
    coalesce(orders, 0) as orders,
    coalesce(customers, 0) as customers,
    coalesce(gross_revenue, 0) as gross_revenue,
    coalesce(net_revenue, 0) as net_revenue
from {{ ref('dim_country') }} as countries
left join sums on sums.country = countries.country_name
order by gross_revenue desc, country
