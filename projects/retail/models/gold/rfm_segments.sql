{{ config(materialized='table') }}
select
    rfm_segment as segment,
    count(*) as customers,
    coalesce(sum(recency_days), 0) as recency_days_sum,
    coalesce(sum(total_orders), 0) as frequency_sum,
    coalesce(sum(total_spent), 0) as monetary_sum
from {{ ref('dim_customer') }}
where rfm_segment <> 'unknown'
group by rfm_segment
order by segment
