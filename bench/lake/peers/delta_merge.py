"""Daily files with delta-rs: bronze appended, silver merged, no gold. Arguments: folder of days, folder, mode.

Mode `plain` is the MERGE as the documentation writes it. Mode `by-month` is what its users come to after the first
months: silver partitioned by month and the month in the predicate, so that a day looks at one partition only.
Prints one JSON object: wall milliseconds of each day.
"""

import json
import sys
import time
from pathlib import Path

import deltalake
import duckdb

import retail_sql

KEY = "concat_ws('|', invoice_no, stock_code, description, quantity, invoice_ts, unit_price, customer_id, country)"
DUCKDB = retail_sql.Dialect(matches="regexp_matches({}, '{}')", days_between="", weekday="", days="")
BATCH_ROWS = 100_000


def load(db: duckdb.DuckDBPyConnection, day: Path, out: Path, by_month: bool) -> None:
    """One day into bronze and silver. The key is a hash of all columns, so that a day may come twice."""
    rows = f"read_csv('{day}', header = true, all_varchar = true, quote = '\"', escape = '\"')"
    db.execute(f"create or replace temp table bronze_sales as {retail_sql.bronze(rows, day.name)}")
    batches = db.sql("from bronze_sales").to_arrow_reader(BATCH_ROWS)
    deltalake.write_deltalake(str(out / "bronze"), batches, mode="append")
    keyed = f"select *, md5({KEY}) as row_id, strftime(invoice_date, '%Y-%m') as invoice_month"
    source = db.sql(f"{keyed} from ({retail_sql.typed(DUCKDB)})").to_arrow_table()
    silver = out / "silver"
    if not silver.exists():
        partition = ["invoice_month"] if by_month else None
        deltalake.write_deltalake(str(silver), source, mode="append", partition_by=partition)
        return
    same = "t.row_id = s.row_id"
    if by_month:
        same = f"t.invoice_month = '{day.name[:7]}' and {same}"
    merge = deltalake.DeltaTable(str(silver)).merge(source, predicate=same, source_alias="s", target_alias="t")
    merge.when_not_matched_insert_all().execute()


def main(days: Path, out: Path, mode: str) -> None:
    db = duckdb.connect()
    db.execute("set TimeZone = 'UTC'")
    took = []
    for day in sorted(days.glob("*.csv")):
        start = time.monotonic()
        load(db, day, out, mode == "by-month")
        took.append(round((time.monotonic() - start) * 1000, 1))
    print(json.dumps({"day_ms": took}))


main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
