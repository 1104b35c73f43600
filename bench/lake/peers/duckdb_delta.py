"""The retail job in DuckDB, every layer a Delta table. Arguments: CSV, folder for the tables.

DuckDB cannot make Delta tables itself, so that rows go as an Arrow stream to the `deltalake` package, and are read
back from the Parquet files that the table's log names.
"""

import sys
from pathlib import Path
from urllib.parse import unquote, urlparse

import deltalake
import duckdb

import retail_sql

DUCKDB = retail_sql.Dialect(
    matches="regexp_matches({}, '{}')",
    days_between="date_diff('day', {}, {})",
    weekday="isodow(d)",
    days="""select cast(unnest(generate_series(first, last, interval 1 day)) as date) as d
      from (select cast(min(invoice_date) as timestamp) as first, cast(max(invoice_date) as timestamp) as last
            from silver_sales)""",
)
BATCH_ROWS = 65_536


def main(csv: Path, out: Path) -> None:
    db = duckdb.connect()
    db.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")

    def write(name: str, sql: str) -> None:
        table = str(out / name)
        deltalake.write_deltalake(table, db.sql(sql).to_arrow_reader(BATCH_ROWS), mode="overwrite")
        files = [unquote(urlparse(uri).path) for uri in deltalake.DeltaTable(table).file_uris()]
        db.execute(f"create or replace view {name} as select * from read_parquet({files!r})")

    rows = f"read_csv('{csv}', header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"')"
    write("bronze_sales", retail_sql.bronze(rows, csv.name))
    db.execute(f"create temp table typed as {retail_sql.typed(DUCKDB)}")
    write("silver_sales", f"select {retail_sql.SILVER} from typed where reason is null")
    write("silver_quarantine", f"select {retail_sql.SILVER}, reason from typed where reason is not null")
    db.execute("drop table typed")
    for name, sql in retail_sql.gold(DUCKDB).items():
        write(name, sql)


main(Path(sys.argv[1]), Path(sys.argv[2]))
