"""The retail job as SQL for three engines.

One text for DuckDB, DataFusion and Spark, so that none of them is given a worse statement than another. Where their
functions differ, a small dialect fills the gap. Tables are named as in the rules of the data set; every statement
reads what an earlier one has written.
"""

from dataclasses import dataclass

HEADERS = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country".split(",")
NAMES = "invoice_no,stock_code,description,quantity,invoice_date,unit_price,customer_id,country".split(",")
SILVER = (
    "invoice_no, stock_code, description, quantity, invoice_ts, unit_price, customer_id, country, "
    "invoice_date, line_amount, is_return, is_merchandise"
)


@dataclass(frozen=True)
class Dialect:
    """What the engines name differently; `{}` stands for arguments."""

    matches: str
    days_between: str
    weekday: str  # Monday is 1
    days: str  # one column `d`, every day from the first to the last of silver_sales


def bronze(source: str, file_name: str) -> str:
    """Every row as it came: an empty field is NULL in all engines."""
    columns = ", ".join(f"nullif({header}, '') as {name}" for header, name in zip(HEADERS, NAMES, strict=True))
    return f"select {columns}, '{file_name}' as _source_file from {source}"


def typed(dialect: Dialect) -> str:
    """Bronze normalised, each row once, with the reason why it is no sale."""
    return f"""
select *, cast(invoice_ts as date) as invoice_date,
  cast(cast(quantity as decimal(10, 0)) * unit_price as decimal(18, 3)) as line_amount,
  invoice_no like 'C%' as is_return,
  {dialect.matches.format('stock_code', '^[0-9]{5}[A-Z]{0,2}$')} as is_merchandise,
  case when invoice_no like 'A%' then 'bad_debt_adjustment' when unit_price <= 0 then 'non_positive_price' end as reason
from (
  select distinct upper(trim(invoice_no)) as invoice_no, upper(trim(stock_code)) as stock_code,
    nullif(trim(description), '') as description, cast(quantity as int) as quantity,
    cast(invoice_date as timestamp) as invoice_ts, cast(unit_price as decimal(12, 3)) as unit_price,
    cast(split_part(customer_id, '.', 1) as bigint) as customer_id, trim(country) as country
  from bronze_sales
) as cleaned"""


DAY_KEY = "cast(extract(year from {0}) * 10000 + extract(month from {0}) * 100 + extract(day from {0}) as int)"

SEGMENT = """case when r_score is null then 'no_purchase'
    when r_score <= 2 and f_score <= 2 then 'hibernating' when r_score <= 2 and f_score <= 4 then 'at_risk'
    when r_score <= 2 then 'cant_lose' when r_score = 3 and f_score <= 2 then 'about_to_sleep'
    when r_score = 3 and f_score = 3 then 'need_attention' when r_score <= 4 and f_score >= 4 then 'loyal_customers'
    when r_score = 4 and f_score = 1 then 'promising' when r_score = 5 and f_score = 1 then 'new_customers'
    when f_score <= 3 then 'potential_loyalists' else 'champions' end"""

DIM_COUNTRY = """
select cast(row_number() over (order by country) as int) as country_key, country
from (select distinct country from silver_sales) as c"""

DIM_PRODUCT = """
with named as (
  select stock_code, description, count(*) as n from silver_sales where description is not null group by 1, 2
), best as (
  select stock_code, description from (
    select *, row_number() over (partition by stock_code order by n desc, description) as place from named) as p
  where place = 1
), products as (
  select stock_code, bool_and(is_merchandise) as is_merchandise from silver_sales group by 1
)
select cast(row_number() over (order by p.stock_code) as int) as product_key, p.stock_code, b.description,
  p.is_merchandise
from products as p left join best as b on p.stock_code = b.stock_code"""

FACT_SALE = f"""
select {DAY_KEY.format('s.invoice_date')} as date_key, p.product_key, coalesce(c.customer_key, 0) as customer_key,
  k.country_key, s.invoice_no, s.invoice_ts, s.quantity, s.unit_price, s.line_amount, s.is_return
from silver_sales as s join dim_product as p on s.stock_code = p.stock_code
  join dim_country as k on s.country = k.country left join dim_customer as c on s.customer_id = c.customer_id"""


def dim_date(dialect: Dialect) -> str:
    """Every calendar day between the first and the last sale."""
    parts = ", ".join(f"cast(extract({part} from d) as int) as {part}" for part in ("year", "quarter", "month", "day"))
    return f"""
select {DAY_KEY.format('d')} as date_key, d as date, {parts}, cast({dialect.weekday} as int) as day_of_week,
  {dialect.weekday} >= 6 as is_weekend
from ({dialect.days}) as days"""


def dim_customer(dialect: Dialect) -> str:
    """Customers with their RFM scores, and row 0 for those that are not known.

    The 0 is cast: DataFusion 55 announces a union of int and bigint as int and delivers bigint, which the Arrow stream
    then reads as other numbers.
    """
    recency = dialect.days_between.format("last_purchase_date", "last_day")
    return f"""
with ranked as (
  select customer_id, country, row_number() over (partition by customer_id order by latest desc, country) as place
  from (
    select customer_id, country, max(invoice_ts) as latest from silver_sales where customer_id is not null group by 1, 2
  ) as p
), places as (
  select customer_id, country from ranked where place = 1
), measured as (
  select customer_id, min(invoice_date) as first_purchase_date, max(invoice_date) as last_purchase_date,
    cast(count(distinct invoice_no) as int) as frequency, cast(sum(line_amount) as decimal(18, 3)) as monetary
  from silver_sales where customer_id is not null and not is_return group by 1
), dated as (
  select m.*, cast({recency} + 1 as int) as recency_days
  from measured as m cross join (select max(invoice_date) as last_day from silver_sales) as l
), scored as (
  select *, cast(ntile(5) over (order by recency_days desc, customer_id) as int) as r_score,
    cast(ntile(5) over (order by frequency, customer_id) as int) as f_score,
    cast(ntile(5) over (order by monetary, customer_id) as int) as m_score
  from dated
)
select cast(row_number() over (order by p.customer_id) as int) as customer_key, p.customer_id, p.country,
  first_purchase_date, last_purchase_date, recency_days, frequency, monetary, r_score, f_score, m_score,
  cast(r_score * 100 + f_score * 10 + m_score as string) as rfm_score, {SEGMENT} as segment
from places as p left join scored as s on p.customer_id = s.customer_id
union all select cast(0 as int), cast(null as bigint), cast(null as string), cast(null as date), cast(null as date),
  cast(null as int), cast(null as int), cast(null as decimal(18, 3)), cast(null as int), cast(null as int),
  cast(null as int), cast(null as string), 'unknown'"""


# A month is counted as a whole number and written as text once a group, not once a row.
MONTH_TEXT = "concat(cast({0} as string), '-', lpad(cast({1} as string), 2, '0'))"

QUERIES = {
    "q1_monthly_revenue": f"""
select {MONTH_TEXT.format("cast(floor(ym / 100) as int)", "ym % 100")} as month, orders, units, gross_revenue,
  returns_amount, net_revenue, active_customers
from (
  select cast((date_key - date_key % 100) / 100 as int) as ym,
    count(distinct case when not is_return then invoice_no end) as orders,
    cast(sum(case when not is_return then quantity else 0 end) as bigint) as units,
    cast(sum(case when not is_return then line_amount else 0 end) as decimal(18, 3)) as gross_revenue,
    cast(sum(case when is_return then line_amount else 0 end) as decimal(18, 3)) as returns_amount,
    cast(sum(line_amount) as decimal(18, 3)) as net_revenue,
    count(distinct case when not is_return and customer_key <> 0 then customer_key end) as active_customers
  from fact_sale group by 1) as months
order by ym""",
    "q2_top_products": """
select cast(row_number() over (order by revenue desc, stock_code) as int) as rank, stock_code, description, units,
  revenue, orders
from (
  select p.stock_code, p.description, cast(sum(quantity) as bigint) as units,
    cast(sum(line_amount) as decimal(18, 3)) as revenue, count(distinct invoice_no) as orders
  from fact_sale as f join dim_product as p on f.product_key = p.product_key
  where not is_return and is_merchandise group by 1, 2 order by revenue desc, stock_code limit 20) as best
order by 1""",
    "q3_country_revenue": """
select k.country, count(distinct case when not is_return then invoice_no end) as orders,
  count(distinct case when not is_return and customer_key <> 0 then customer_key end) as customers,
  cast(coalesce(sum(case when not is_return then line_amount end), 0) as decimal(18, 3)) as gross_revenue,
  cast(coalesce(sum(line_amount), 0) as decimal(18, 3)) as net_revenue
from dim_country as k left join fact_sale as f on f.country_key = k.country_key
group by 1 order by gross_revenue desc, k.country""",
    "q4_rfm_segments": """
select segment, count(*) as customers, cast(coalesce(sum(recency_days), 0) as bigint) as recency_days_sum,
  cast(coalesce(sum(frequency), 0) as bigint) as frequency_sum,
  cast(coalesce(sum(monetary), 0) as decimal(18, 3)) as monetary_sum
from dim_customer where segment <> 'unknown' group by 1 order by 1""",
    "q5_cohort_retention": f"""
with active as (
  select distinct customer_key,
    cast((date_key - date_key % 10000) / 10000 * 12 + (date_key % 10000 - date_key % 100) / 100 - 1 as int) as m
  from fact_sale where not is_return and customer_key <> 0
), cohorts as (
  select customer_key, min(m) as c from active group by 1
)
select {MONTH_TEXT.format("cast((c - c % 12) / 12 as int)", "c % 12 + 1")} as cohort_month,
  cast(m - c as int) as month_offset, count(*) as customers
from active join cohorts on active.customer_key = cohorts.customer_key group by 1, 2 order by 1, 2""",
}


def gold(dialect: Dialect) -> dict[str, str]:
    """The star schema and the five queries, in the order in which they must be made."""
    return {
        "dim_date": dim_date(dialect),
        "dim_country": DIM_COUNTRY,
        "dim_product": DIM_PRODUCT,
        "dim_customer": dim_customer(dialect),
        "fact_sale": FACT_SALE,
        **QUERIES,
    }
