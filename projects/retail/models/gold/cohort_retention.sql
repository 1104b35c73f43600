{{ config(materialized='table') }}
-- Months are counted from year 0, so that a distance of months is a subtraction.
with active as (
    select distinct
        customer_id,
        cast(date_part('year', invoice_date) as int) * 12 + cast(date_part('month', invoice_date) as int) - 1 as month_no
    from {{ ref('invoices') }}
    where not is_return and customer_id is not null
),

cohorts as (
    select customer_id, min(month_no) as cohort_no
    from active
    group by customer_id
)

select
    concat(cohort_no / 12, '-', lpad(cast(cohort_no % 12 + 1 as text), 2, '0')) as cohort_month,
    month_no - cohort_no as month_offset,
    count(*) as customers
from active
join cohorts on cohorts.customer_id = active.customer_id
group by cohort_no, month_no - cohort_no
order by cohort_month, month_offset
