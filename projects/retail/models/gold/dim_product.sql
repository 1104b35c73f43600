{{ config(materialized='table') }}
-- The lines are counted once by everything that matters; the two "most frequent" values come from these few counts. No CTE
-- is used twice, because DataFusion would compute it twice.
with counted as (
    select
        stock_code,
        description,
        unit_price,
        is_merchandise,
        is_return,
        count(*) as line_count,
        min(_ingested_at) as created_at,
        max(_ingested_at) as updated_at
    from {{ ref('sales') }}
    group by stock_code, description, unit_price, is_merchandise, is_return
),

weighed as (
    select
        *,
        case when description is not null
            then sum(line_count) over (partition by stock_code, description) end as name_weight,
        sum(line_count) filter (where not is_return) over (partition by stock_code, unit_price) as price_weight
    from counted
),

products as (
    select
        stock_code,
        is_merchandise,
        first_value(description order by name_weight desc nulls last, description) as description,
        first_value(case when price_weight > 0 then unit_price end order by price_weight desc nulls last, unit_price desc)
            as recommended_price,
        min(created_at) as created_at,
        max(updated_at) as updated_at
    from weighed
    group by stock_code, is_merchandise
),

sorted_out as (
    select *, {{ product_group('stock_code', words_of('description')) }} as product_group
    from products
)

select
    surrogate_key(stock_code) as product_key,
    stock_code,
    description,
    split_part(product_group, '/', 1) as category,
    split_part(product_group, '/', 2) as subcategory,
    cast(null as text) as brand,
    cast(null as decimal(12, 3)) as unit_cost,
    recommended_price,
    created_at,
    updated_at,
    is_merchandise
from sorted_out
order by stock_code
