"""The retail job in DataFusion from Python, every layer a Delta table. Arguments: CSV, folder for the tables.

The engine that Gray Ghost is built on, as a Python user has it: what is left between the two is our own work.
"""

import sys
from pathlib import Path

import deltalake
import pyarrow as pa
from datafusion import SessionConfig, SessionContext

import retail_sql

DATAFUSION = retail_sql.Dialect(
    matches="regexp_like({}, '{}')",
    days_between="cast({1} as int) - cast({0} as int)",
    weekday="((cast(extract(dow from d) as int) + 6) % 7 + 1)",
    days="""select cast(unnest(generate_series(first, last, interval '1 day')) as date) as d
      from (select cast(min(invoice_date) as timestamp) as first, cast(max(invoice_date) as timestamp) as last
            from silver_sales)""",
)


def main(csv: Path, out: Path) -> None:
    context = SessionContext(SessionConfig().set("datafusion.execution.time_zone", "UTC"))

    def write(name: str, sql: str) -> None:
        table = str(out / name)
        deltalake.write_deltalake(table, context.sql(sql), mode="overwrite")
        context.register_table(name, deltalake.DeltaTable(table))

    text = pa.schema([pa.field(header, pa.string()) for header in retail_sql.HEADERS])
    context.register_csv("rows", str(csv), schema=text, has_header=True)
    # Unquoted names are folded to lower case here, so the headers must be quoted.
    bronze = retail_sql.bronze("rows", csv.name)
    for header in retail_sql.HEADERS:
        bronze = bronze.replace(f"({header},", f'("{header}",')
    write("bronze_sales", bronze)
    # Kept between the two tables, or the deduplication would be computed twice.
    typed = context.sql(retail_sql.typed(DATAFUSION)).cache()
    context.register_view("typed", typed)
    write("silver_sales", f"select {retail_sql.SILVER} from typed where reason is null")
    write("silver_quarantine", f"select {retail_sql.SILVER}, reason from typed where reason is not null")
    context.deregister_table("typed")
    del typed
    for name, sql in retail_sql.gold(DATAFUSION).items():
        write(name, sql)


main(Path(sys.argv[1]), Path(sys.argv[2]))
