"""Holds a retail project's Delta tables against the known truth, with readers that are not ours.

    check.py PROJECT EXPECTED [--bronze rows|text]

PROJECT is a project folder after a run, EXPECTED the folder with `oracle_1x.json` and the small tables as Parquet.
`--bronze text` also holds every cell of bronze against the checksum of the UTF-8 publication; the other publications
write the same facts with other characters. Prints one line a table and ends with 1 when one differs.

Every table is read twice: its live files by `deltalake`, its rows by Polars; the two must agree on the count. The
checksum is the one of `RULES.md`: the sum of the first eight bytes of each line's MD5.
"""

import argparse
import hashlib
import json
import pathlib
import sys

import deltalake
import polars as pl

INT, DEC, TEXT, BOOL, DATE, TIME = "int", "dec", "text", "bool", "date", "time"
SALES = [
    ("invoice_no", TEXT), ("stock_code", TEXT), ("description", TEXT), ("quantity", INT), ("invoice_ts", TIME),
    ("unit_price", DEC), ("customer_id", INT), ("country", TEXT), ("invoice_date", DATE), ("line_amount", DEC),
    ("is_return", BOOL), ("is_merchandise", BOOL),
]
BRONZE = ["invoice_no", "stock_code", "description", "quantity", "invoice_date", "unit_price", "customer_id", "country"]
# Name in the truth, table, and the columns in the truth's order.
WHOLE = [
    ("silver_sales", "silver/sales", SALES),
    ("silver_quarantine", "silver/sales_rejected", [*SALES, ("reason", TEXT)]),
    ("q1_monthly_revenue", "gold/monthly_sales", [
        ("month", TEXT), ("orders", INT), ("units", INT), ("gross_revenue", DEC), ("returns_amount", DEC),
        ("net_revenue", DEC), ("active_customers", INT)]),
    ("q2_top_products", "gold/top_products", [
        ("rank", INT), ("stock_code", TEXT), ("description", TEXT), ("units", INT), ("revenue", DEC), ("orders", INT)]),
    ("q3_country_revenue", "gold/country_performance", [
        ("country", TEXT), ("orders", INT), ("customers", INT), ("gross_revenue", DEC), ("net_revenue", DEC)]),
    ("q4_rfm_segments", "gold/rfm_segments", [
        ("segment", TEXT), ("customers", INT), ("recency_days_sum", INT), ("frequency_sum", INT),
        ("monetary_sum", DEC)]),
    ("q5_cohort_retention", "gold/cohort_retention", [
        ("cohort_month", TEXT), ("month_offset", INT), ("customers", INT)]),
]
# The dimensions as the truth has them: natural key, then the columns under the truth's names.
DIMENSIONS = [
    ("dim_date", "date_key", {"full_date": "date", "day_of_month": "day"}),
    ("dim_country", "country", {"country_name": "country"}),
    ("dim_product", "stock_code", {}),
    ("dim_customer", "customer_id", {
        "recency_score": "r_score", "frequency_score": "f_score", "monetary_score": "m_score",
        "rfm_segment": "segment", "total_orders": "frequency", "total_spent": "monetary"}),
]
FACT = [
    ("date_key", INT), ("product_key", INT), ("customer_key", INT), ("country_key", INT), ("invoice_no", TEXT),
    ("invoice_ts", TIME), ("quantity", INT), ("unit_price", DEC), ("line_amount", DEC), ("is_return", BOOL),
]


def read(lake: pathlib.Path, table: str) -> pl.DataFrame:
    """A table's rows by Polars, once deltalake has counted the same in its log."""
    log = deltalake.DeltaTable(lake / table)
    protocol = log.protocol()
    assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2), f"{table}: {protocol}"
    rows = pl.read_delta(str(lake / table))
    counted = log.to_pyarrow_dataset().count_rows()
    assert rows.height == counted, f"{table}: Polars reads {rows.height} rows, deltalake {counted}"
    return rows


def line(columns: list[tuple[str, str]]) -> pl.Expr:
    """The truth's line of a row."""
    def cell(name: str, kind: str) -> pl.Expr:
        column = pl.col(name)
        text = {
            INT: lambda: column.cast(pl.Int64).cast(pl.String),
            DEC: lambda: column.cast(pl.Decimal(38, 3)).cast(pl.String),
            TEXT: lambda: column.cast(pl.String),
            BOOL: lambda: column.cast(pl.String),
            DATE: lambda: column.cast(pl.Date).dt.strftime("%Y-%m-%d"),
            TIME: lambda: column.dt.strftime("%Y-%m-%d %H:%M:%S"),
        }[kind]()
        return text.fill_null("\\N")
    return pl.concat_str([cell(name, kind) for name, kind in columns], separator="\t").alias("line")


def checksum(rows: pl.DataFrame, columns: list[tuple[str, str]]) -> str:
    total = 0
    for text in rows.select(line(columns)).get_column("line"):
        total += int.from_bytes(hashlib.md5(text.encode()).digest()[:8], "big")
    return f"{total % 2**64:016x}"


class Verdict:
    """Prints each comparison and remembers whether all held."""

    def __init__(self) -> None:
        self.differing = 0

    def equal(self, what: str, ours: object, truth: object) -> None:
        same = ours == truth
        self.differing += not same
        print(f"{'same  ' if same else 'DIFFER'} {what}: {ours}" + ("" if same else f", expected {truth}"))


def numbered(dimension: pl.DataFrame, key: str, natural: str) -> dict:
    """Our surrogate key to the truth's number, 1..N by the natural key's bytes; the unknown member is 0."""
    known = dimension.filter(pl.col(natural).is_not_null()).sort(natural)
    numbers = dict(zip(known.get_column(key), range(1, known.height + 1), strict=True))
    assert len(numbers) == known.height, f"{key} is not unique"
    return numbers | {0: 0}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("project", type=pathlib.Path)
    parser.add_argument("expected", type=pathlib.Path)
    parser.add_argument("--bronze", choices=["rows", "text"], default="rows")
    asked = parser.parse_args()
    lake = asked.project / ".grayghost/lake"
    truth = json.loads((asked.expected / "oracle_1x.json").read_text())["tables"]
    verdict = Verdict()

    bronze = read(lake, "bronze/sales_raw")
    verdict.equal("bronze rows", bronze.height, truth["bronze_sales"]["rows"])
    if asked.bronze == "text":
        columns = [(name, TEXT) for name in BRONZE]
        verdict.equal("bronze text", checksum(bronze, columns), truth["bronze_sales"]["md5sum64"])
    for name, table, columns in WHOLE:
        rows = read(lake, table)
        verdict.equal(table, (rows.height, checksum(rows, columns)), (truth[name]["rows"], truth[name]["md5sum64"]))

    dimensions = {}
    for name, natural, renamed in DIMENSIONS:
        dimensions[name] = rows = read(lake, f"gold/{name}")
        rows = rows.rename(renamed)
        expected = pl.read_parquet(asked.expected / f"{name}.parquet")
        # `date_key` is its own natural key; the others' numbers are free.
        columns = [column for column in expected.columns if not column.endswith("_key") or column == natural]
        kinds = [(column, DATE if expected.schema[column] == pl.Date else
                  DEC if expected.schema[column].is_decimal() else TEXT) for column in columns]
        verdict.equal(f"gold/{name}", (rows.height, checksum(rows, kinds)), (expected.height, checksum(expected, kinds)))

    fact = read(lake, "gold/fact_sale").rename({"total_amount": "line_amount"})
    fact = fact.with_columns(
        pl.col("product_key").replace_strict(numbered(dimensions["dim_product"], "product_key", "stock_code")),
        pl.col("customer_key").replace_strict(numbered(dimensions["dim_customer"], "customer_key", "customer_id")),
        pl.col("country_key").replace_strict(numbered(dimensions["dim_country"], "country_key", "country_name")),
    )
    expected = truth["fact_sale"]
    verdict.equal("gold/fact_sale", (fact.height, checksum(fact, FACT)), (expected["rows"], expected["md5sum64"]))
    verdict.equal("sale_id distinct", fact.get_column("sale_id").n_unique(), fact.height)
    return int(verdict.differing > 0)


if __name__ == "__main__":
    sys.exit(main())
