"""The retail job in Polars, lazy where it can be, every layer a Delta table. Arguments: CSV, folder for the tables."""

import sys
from pathlib import Path

import polars as pl
from polars import col

PRICE, AMOUNT = pl.Decimal(12, 3), pl.Decimal(18, 3)
HEADERS = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country".split(",")
NAMES = "invoice_no,stock_code,description,quantity,invoice_date,unit_price,customer_id,country".split(",")
IS_SALE = ~col("is_return")
IS_KNOWN = col("customer_key") != 0


def typed(bronze: pl.LazyFrame) -> pl.DataFrame:
    """Bronze normalised, each row once, with the reason why it is no sale."""
    clean = bronze.select(
        col("invoice_no").str.strip_chars().str.to_uppercase(),
        col("stock_code").str.strip_chars().str.to_uppercase(),
        col("description").str.strip_chars().replace("", None),
        col("quantity").cast(pl.Int32),
        col("invoice_date").str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us").alias("invoice_ts"),
        col("unit_price").cast(PRICE),
        col("customer_id").str.split(".").list.first().cast(pl.Int64),
        col("country").str.strip_chars(),
    ).unique()
    is_bad_debt = col("invoice_no").str.starts_with("A")
    is_free = col("unit_price") <= pl.lit(0).cast(PRICE)
    reason = pl.when(is_bad_debt).then(pl.lit("bad_debt_adjustment"))
    return clean.with_columns(
        invoice_date=col("invoice_ts").dt.date(),
        line_amount=(col("quantity").cast(AMOUNT) * col("unit_price").cast(AMOUNT)).cast(AMOUNT),
        is_return=col("invoice_no").str.starts_with("C"),
        is_merchandise=col("stock_code").str.contains(r"^[0-9]{5}[A-Z]{0,2}$"),
        reason=reason.when(is_free).then(pl.lit("non_positive_price")),
    ).collect(engine="streaming")


def day_key(day: pl.Expr) -> pl.Expr:
    return (day.dt.year().cast(pl.Int32) * 10_000 + day.dt.month().cast(pl.Int32) * 100 + day.dt.day()).cast(pl.Int32)


def dim_date(sales: pl.LazyFrame) -> pl.LazyFrame:
    ends = sales.select(col("invoice_date").min().alias("first"), col("invoice_date").max().alias("last")).collect()
    day = col("date")
    parts = {
        "year": day.dt.year(),
        "quarter": day.dt.quarter(),
        "month": day.dt.month(),
        "day": day.dt.day(),
        "day_of_week": day.dt.weekday(),
    }
    return pl.LazyFrame({"date": pl.date_range(*ends.row(0), "1d", eager=True)}).select(
        day_key(day).alias("date_key"),
        day,
        *(part.cast(pl.Int32).alias(name) for name, part in parts.items()),
        (day.dt.weekday() >= 6).alias("is_weekend"),
    )


def numbered(rows: pl.LazyFrame, key: str) -> pl.LazyFrame:
    return rows.with_row_index(key, offset=1).with_columns(col(key).cast(pl.Int32))


def most_frequent(rows: pl.LazyFrame, key: str, value: str, weight: pl.Expr) -> pl.LazyFrame:
    """For each key the value of the greatest weight, the smallest of equal ones."""
    weighed = rows.group_by(key, value).agg(weight.alias("weight"))
    weighed = weighed.sort([key, "weight", value], descending=[False, True, False])
    return weighed.group_by(key, maintain_order=True).first().select(key, value)


def dim_product(sales: pl.LazyFrame) -> pl.LazyFrame:
    named = most_frequent(sales.filter(col("description").is_not_null()), "stock_code", "description", pl.len())
    products = sales.group_by("stock_code").agg(col("is_merchandise").all()).join(named, on="stock_code", how="left")
    products = numbered(products.sort("stock_code"), "product_key")
    return products.select("product_key", "stock_code", "description", "is_merchandise")


def fifths(customers: pl.DataFrame, by: str, name: str, falling: bool) -> pl.DataFrame:
    """SQL's ntile(5): the first groups take the rows that are left over."""
    size, left_over = divmod(customers.height, 5)
    place = col("place").cast(pl.Int64)
    longer = left_over * (size + 1)
    group = pl.when(place < longer).then(place // (size + 1)).otherwise(left_over + (place - longer) // max(size, 1))
    ranked = customers.sort([by, "customer_id"], descending=[falling, False]).with_row_index("place")
    return ranked.select("customer_id", (group + 1).cast(pl.Int32).alias(name))


def segment() -> pl.Expr:
    r, f = col("r_score"), col("f_score")
    rules = [
        (r.is_null(), "no_purchase"),
        ((r <= 2) & (f <= 2), "hibernating"),
        ((r <= 2) & (f <= 4), "at_risk"),
        (r <= 2, "cant_lose"),
        ((r == 3) & (f <= 2), "about_to_sleep"),
        ((r == 3) & (f == 3), "need_attention"),
        ((r <= 4) & (f >= 4), "loyal_customers"),
        ((r == 4) & (f == 1), "promising"),
        ((r == 5) & (f == 1), "new_customers"),
        (f <= 3, "potential_loyalists"),
    ]
    return pl.coalesce(*(pl.when(rule).then(pl.lit(name)) for rule, name in rules), pl.lit("champions"))


def dim_customer(sales: pl.LazyFrame) -> pl.DataFrame:
    known = sales.filter(col("customer_id").is_not_null())
    last_day = sales.select(col("invoice_date").max()).collect().item()
    measured = known.filter(IS_SALE).group_by("customer_id").agg(
        first_purchase_date=col("invoice_date").min(),
        last_purchase_date=col("invoice_date").max(),
        frequency=col("invoice_no").n_unique().cast(pl.Int32),
        monetary=col("line_amount").sum().cast(AMOUNT),
    )
    recency = (pl.lit(last_day) - col("last_purchase_date")).dt.total_days() + 1
    customers = measured.with_columns(recency_days=recency.cast(pl.Int32)).collect()
    scored = customers
    for by, name, falling in (
        ("recency_days", "r_score", True),
        ("frequency", "f_score", False),
        ("monetary", "m_score", False),
    ):
        scored = scored.join(fifths(customers, by, name, falling), on="customer_id")
    places = most_frequent(known, "customer_id", "country", col("invoice_ts").max())
    rows = numbered(places.join(scored.lazy(), on="customer_id", how="left").sort("customer_id"), "customer_key")
    scores = [col(name).cast(pl.String) for name in ("r_score", "f_score", "m_score")]
    rows = rows.with_columns(pl.concat_str(scores).alias("rfm_score"), segment().alias("segment"))
    order = (
        "customer_key customer_id country first_purchase_date last_purchase_date recency_days frequency monetary "
        "r_score f_score m_score rfm_score segment"
    )
    rows = rows.select(order.split()).collect()
    unknown = pl.DataFrame({name: [None] for name in rows.columns}, schema=rows.schema)
    return pl.concat([unknown.with_columns(customer_key=pl.lit(0, pl.Int32), segment=pl.lit("unknown")), rows])


def fact_sale(sales: pl.LazyFrame, products: pl.LazyFrame, places: pl.LazyFrame, buyers: pl.LazyFrame) -> pl.LazyFrame:
    known = buyers.filter(col("customer_id").is_not_null()).select("customer_id", "customer_key")
    joined = sales.join(products.select("stock_code", "product_key"), on="stock_code").join(places, on="country")
    joined = joined.join(known, on="customer_id", how="left")
    lines = "country_key invoice_no invoice_ts quantity unit_price line_amount is_return".split()
    return joined.select(
        day_key(col("invoice_date")).alias("date_key"), "product_key", col("customer_key").fill_null(0), *lines
    )


def monthly(facts: pl.LazyFrame) -> pl.LazyFrame:
    return facts.group_by(col("invoice_ts").dt.strftime("%Y-%m").alias("month")).agg(
        orders=col("invoice_no").filter(IS_SALE).n_unique().cast(pl.Int64),
        units=col("quantity").filter(IS_SALE).cast(pl.Int64).sum(),
        gross_revenue=col("line_amount").filter(IS_SALE).sum(),
        returns_amount=col("line_amount").filter(col("is_return")).sum(),
        net_revenue=col("line_amount").sum(),
        active_customers=col("customer_key").filter(IS_SALE & IS_KNOWN).n_unique().cast(pl.Int64),
    ).sort("month")


def top_products(facts: pl.LazyFrame, products: pl.LazyFrame) -> pl.LazyFrame:
    sold = facts.filter(IS_SALE).join(products.filter(col("is_merchandise")), on="product_key")
    summed = sold.group_by("stock_code", "description").agg(
        units=col("quantity").cast(pl.Int64).sum(),
        revenue=col("line_amount").sum(),
        orders=col("invoice_no").n_unique().cast(pl.Int64),
    )
    best = summed.sort(["revenue", "stock_code"], descending=[True, False]).head(20)
    return best.with_row_index("rank", offset=1).with_columns(col("rank").cast(pl.Int32))


def countries(facts: pl.LazyFrame, places: pl.LazyFrame) -> pl.LazyFrame:
    summed = facts.group_by("country_key").agg(
        orders=col("invoice_no").filter(IS_SALE).n_unique().cast(pl.Int64),
        customers=col("customer_key").filter(IS_SALE & IS_KNOWN).n_unique().cast(pl.Int64),
        gross_revenue=col("line_amount").filter(IS_SALE).sum(),
        net_revenue=col("line_amount").sum(),
    )
    joined = places.join(summed, on="country_key", how="left").drop("country_key")
    return joined.sort(["gross_revenue", "country"], descending=[True, False])


def segments(buyers: pl.LazyFrame) -> pl.LazyFrame:
    known = buyers.filter(col("segment") != "unknown")
    return known.group_by("segment").agg(
        customers=pl.len().cast(pl.Int64),
        recency_days_sum=col("recency_days").cast(pl.Int64).sum(),
        frequency_sum=col("frequency").cast(pl.Int64).sum(),
        monetary_sum=col("monetary").sum().fill_null(pl.lit(0).cast(AMOUNT)),
    ).sort("segment")


def cohorts(facts: pl.LazyFrame) -> pl.LazyFrame:
    month = (col("date_key") // 10_000) * 12 + (col("date_key") // 100) % 100 - 1
    active = facts.filter(IS_SALE & IS_KNOWN).select("customer_key", month.alias("m")).unique()
    first = active.group_by("customer_key").agg(cohort=col("m").min())
    text = (col("cohort") // 12).cast(pl.String) + "-" + (col("cohort") % 12 + 1).cast(pl.String).str.zfill(2)
    grouped = active.join(first, on="customer_key").group_by(
        text.alias("cohort_month"), (col("m") - col("cohort")).alias("month_offset")
    )
    return grouped.agg(customers=pl.len().cast(pl.Int64)).sort("cohort_month", "month_offset")


def main(csv: Path, out: Path) -> None:
    def write(name: str, rows: pl.LazyFrame | pl.DataFrame) -> pl.LazyFrame:
        """Gives the table as it was written: no layer is computed from what is still in memory."""
        rows.lazy().sink_delta(str(out / name), mode="overwrite")
        return pl.scan_delta(str(out / name))

    rows = pl.scan_csv(csv, infer_schema=False).rename(dict(zip(HEADERS, NAMES, strict=True)))
    silver = typed(write("bronze_sales", rows.with_columns(_source_file=pl.lit(csv.name)))).lazy()
    sales = write("silver_sales", silver.filter(col("reason").is_null()).drop("reason"))
    write("silver_quarantine", silver.filter(col("reason").is_not_null()))
    del silver
    write("dim_date", dim_date(sales))
    places = write("dim_country", numbered(sales.select("country").unique().sort("country"), "country_key"))
    products = write("dim_product", dim_product(sales))
    buyers = write("dim_customer", dim_customer(sales))
    facts = write("fact_sale", fact_sale(sales, products, places, buyers))
    write("q1_monthly_revenue", monthly(facts))
    write("q2_top_products", top_products(facts, products))
    write("q3_country_revenue", countries(facts, places))
    write("q4_rfm_segments", segments(buyers))
    write("q5_cohort_retention", cohorts(facts))


main(Path(sys.argv[1]), Path(sys.argv[2]))
