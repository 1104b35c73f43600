{{ config(materialized='table') }}
with lines as (
    select
        customer_id,
        country,
        last_invoice_ts,
        invoice_amount,
        created_at,
        updated_at,
        -- NULL on returns: what is aggregated over sale lines skips them
        case when not is_return then invoice_key end as order_key,
        case when not is_return then invoice_date end as order_date,
        case when not is_return then invoice_amount end as order_amount
    from {{ ref('invoices') }}
    where customer_id is not null
),

customers as (
    select
        customer_id,
        first_value(country order by last_invoice_ts desc, country) as country,
        min(order_date) as first_purchase_date,
        max(order_date) as last_purchase_date,
        cast(count(distinct order_key) as int) as orders,
        cast(sum(order_amount) as decimal(18, 3)) as total_spent,
        cast(sum(invoice_amount) as decimal(18, 3)) as lifetime_value,
        min(created_at) as created_at,
        max(updated_at) as updated_at
    from lines
    group by customer_id
),

-- the day after the last one in silver, so that yesterday's buyers are one day old
snapshot as (
    select arrow_cast(max(invoice_date), 'Int32') + 1 as day from {{ ref('invoices') }}
),

-- customers without a sale line are ranked among themselves, and the rank is not used
scored as (
    select
        customers.*,
        snapshot.day - arrow_cast(last_purchase_date, 'Int32') as recency_days,
        {{ score("snapshot.day - arrow_cast(last_purchase_date, 'Int32') desc") }} as recency_score,
        {{ score('orders') }} as frequency_score,
        {{ score('total_spent') }} as monetary_score
    from customers
    cross join snapshot
)

select
    surrogate_key(customer_id) as customer_key,
    customer_id,
    case
        when total_spent is null then 'no_purchase'
        when total_spent >= {{ var('high_value_from') }} then 'high_value'
        when total_spent >= {{ var('medium_value_from') }} then 'medium_value'
        else 'low_value'
    end as customer_segment,
    lifetime_value,
    nullif(orders, 0) as total_orders,
    total_spent,
    cast(total_spent / nullif(orders, 0) as decimal(18, 3)) as avg_order_value,
    recency_score,
    frequency_score,
    monetary_score,
    {{ rfm_segment('recency_score', 'frequency_score') }} as rfm_segment,
    created_at,
    updated_at,
    country,
    first_purchase_date,
    last_purchase_date,
    recency_days,
    cast(recency_score * 100 + frequency_score * 10 + monetary_score as text) as rfm_score
from scored
union all
select
    0, null, 'unknown', null, null, null, null, null, null, null, 'unknown', null, null, null, null, null, null, null
