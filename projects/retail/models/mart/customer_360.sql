{{ config(materialized='view') }}
select
    customer_key,
    customer_id,
    country,
    customer_segment,
    rfm_segment,
    rfm_score,
    first_purchase_date,
    last_purchase_date,
    recency_days,
    total_orders,
    total_spent,
    avg_order_value,
    lifetime_value
from {{ ref('dim_customer') }}
where customer_key <> 0
