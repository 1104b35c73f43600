"""Are a contestant's tables right? Arguments: layout (ours, peer, merge), folder, scale (one, x20), depth (counts, all)

Prints one JSON object: `wrong` (texts, empty when all is right). A program of its own, because the readers are large
and the measuring process must stay small: the kernel counts its memory into the peak of what it starts.
"""

import json
import sys
from pathlib import Path
from urllib.parse import unquote, urlparse

import deltalake
import duckdb

EXPECTED = json.loads(Path(__file__).with_name("expected.json").read_text())
# How a column is written for the checksum.
TEXT, WHOLE, MONEY, DAY, TIME, FLAG = range(6)
WRITTEN = {
    TEXT: "{}::varchar",
    WHOLE: "{}::bigint::varchar",
    MONEY: "{}::decimal(18,3)::varchar",
    DAY: "strftime({}::date, '%Y-%m-%d')",
    TIME: "strftime({}::timestamp, '%Y-%m-%d %H:%M:%S')",
    FLAG: "{}::boolean::varchar",
}
SALES = {
    "invoice_no": TEXT, "stock_code": TEXT, "description": TEXT, "quantity": WHOLE, "invoice_ts": TIME,
    "unit_price": MONEY, "customer_id": WHOLE, "country": TEXT, "invoice_date": DAY, "line_amount": MONEY,
    "is_return": FLAG, "is_merchandise": FLAG,
}
RAW = "invoice_no stock_code description quantity invoice_date unit_price customer_id country".split()
# Dimensions and the fact are compared by their rows: surrogate keys are free, and the five queries read all of them.
CHECKED = {
    "bronze_sales": dict.fromkeys(RAW, TEXT),
    "silver_sales": SALES,
    "silver_quarantine": {**SALES, "reason": TEXT},
    "dim_date": None,
    "dim_country": None,
    "dim_product": None,
    "dim_customer": None,
    "fact_sale": None,
    "q1_monthly_revenue": {
        "month": TEXT, "orders": WHOLE, "units": WHOLE, "gross_revenue": MONEY, "returns_amount": MONEY,
        "net_revenue": MONEY, "active_customers": WHOLE,
    },
    "q2_top_products": {
        "rank": WHOLE, "stock_code": TEXT, "description": TEXT, "units": WHOLE, "revenue": MONEY, "orders": WHOLE,
    },
    "q3_country_revenue": {
        "country": TEXT, "orders": WHOLE, "customers": WHOLE, "gross_revenue": MONEY, "net_revenue": MONEY,
    },
    "q4_rfm_segments": {
        "segment": TEXT, "customers": WHOLE, "recency_days_sum": WHOLE, "frequency_sum": WHOLE, "monetary_sum": MONEY,
    },
    "q5_cohort_retention": {"cohort_month": TEXT, "month_offset": WHOLE, "customers": WHOLE},
}
OURS = {
    "bronze_sales": "bronze/sales_raw",
    "silver_sales": "silver/sales",
    "silver_quarantine": "silver/sales_rejected",
    "q1_monthly_revenue": "gold/monthly_sales",
    "q2_top_products": "gold/top_products",
    "q3_country_revenue": "gold/country_performance",
    "q4_rfm_segments": "gold/rfm_segments",
    "q5_cohort_retention": "gold/cohort_retention",
}
CHECKSUM = (
    "printf('%016x', (sum(('0x' || substr(md5(line), 1, 16))::ubigint::hugeint) % 18446744073709551616)::ubigint)"
)


def place(layout: str, folder: Path, table: str) -> Path:
    if layout == "ours":
        return folder / ".grayghost/lake" / OURS.get(table, f"gold/{table}")
    return folder / table


def files_of(table: deltalake.DeltaTable) -> list[str]:
    return [unquote(urlparse(uri).path) for uri in table.file_uris()]


def check(db: duckdb.DuckDBPyConnection, path: Path, columns: dict[str, int] | None) -> list:
    """Rows and checksum of one table; the checksum is `None` where columns are not compared."""
    rows = f"read_parquet({files_of(deltalake.DeltaTable(str(path)))!r})"
    if columns is None:
        return [db.execute(f"select count(*) from {rows}").fetchone()[0], None]
    written = (WRITTEN[kind].format(f'"{name}"') for name, kind in columns.items())
    line = ", ".join(f"coalesce({text}, '\\N')" for text in written)
    lines = f"(select concat_ws(chr(9), {line}) as line from {rows})"
    return list(db.execute(f"select count(*), {CHECKSUM} from {lines}").fetchone())


def medallion(layout: str, folder: Path, scale: str, depth: str) -> list[str]:
    db = duckdb.connect()
    db.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")
    wrong = []
    for table, (rows, checksum) in EXPECTED[scale].items():
        columns = CHECKED[table] if depth == "all" else None
        try:
            found_rows, found_checksum = check(db, place(layout, folder, table), columns)
        except Exception as error:
            wrong.append(f"{table} cannot be read: {error}")
            continue
        if found_rows != rows:
            wrong.append(f"{table} has {found_rows:,} rows instead of {rows:,}")
        elif found_checksum not in (None, checksum):
            wrong.append(f"{table} has other contents: checksum {found_checksum} instead of {checksum}")
    return wrong


def merged(folder: Path) -> list[str]:
    found = {name: deltalake.DeltaTable(str(folder / name)).count() for name in ("bronze", "silver")}
    wanted = {"bronze": EXPECTED["one"]["bronze_sales"][0], "silver": EXPECTED["distinct_rows"]}
    differ = (name for name in wanted if found[name] != wanted[name])
    return [f"{name} has {found[name]:,} rows instead of {wanted[name]:,}" for name in differ]


def main(layout: str, folder: Path, scale: str, depth: str) -> None:
    wrong = merged(folder) if layout == "merge" else medallion(layout, folder, scale, depth)
    print(json.dumps({"wrong": wrong}))


main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4])
