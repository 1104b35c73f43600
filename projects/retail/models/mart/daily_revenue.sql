{{ config(materialized='view') }}
select
    days.full_date,
    days.day_of_week,
    days.is_weekend,
    days.is_holiday,
    coalesce(orders, 0) as orders,
    coalesce(gross_revenue, 0) as gross_revenue,
    coalesce(net_revenue, 0) as net_revenue,
    -- dim_date has every day, so seven rows are seven days
    sum(coalesce(net_revenue, 0)) over (order by days.full_date rows between 6 preceding and current row) as net_revenue_7_days
from {{ ref('dim_date') }} as days
left join {{ ref('daily_sales') }} as sales on sales.date_key = days.date_key
