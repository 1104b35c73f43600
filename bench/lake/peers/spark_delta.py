"""The retail job in Spark with Delta Lake, in one process on all cores. Arguments: CSV, folder for the tables.

With `--fetch` alone it downloads the Java side of Delta Lake, which must not be part of a measurement.
"""

import os
import sys
from pathlib import Path

from delta import configure_spark_with_delta_pip
from pyspark.sql import SparkSession

import retail_sql

SPARK = retail_sql.Dialect(
    matches="regexp_like({}, '{}')",
    days_between="datediff({1}, {0})",
    weekday="((dayofweek(d) + 5) % 7 + 1)",
    days="select explode(sequence(min(invoice_date), max(invoice_date), interval 1 day)) as d from silver_sales",
)
# Beyond this a shuffle of the large replica goes to disk; below it Spark is slower still.
DRIVER_MEMORY = os.environ.get("SPARK_MEMORY", "6g")
IVY = Path(os.environ["SPARK_IVY"])


def builder() -> SparkSession.Builder:
    return (
        SparkSession.builder.master("local[*]")
        .config("spark.driver.memory", DRIVER_MEMORY)
        .config("spark.driver.extraJavaOptions", "-Duser.timezone=UTC")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        # The default of 200 partitions is for clusters; a few a core is what one machine wants.
        .config("spark.sql.shuffle.partitions", str(2 * (os.cpu_count() or 1)))
        # The same for the state of a table's log, which is a few lines here.
        .config("spark.databricks.delta.snapshotPartitions", str(os.cpu_count() or 1))
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.jars.ivy", str(IVY))
    )


def fetch() -> None:
    configure_spark_with_delta_pip(builder()).getOrCreate().stop()


def main(csv: Path, out: Path) -> None:
    # The jars by name: looking them up again at each start would cost Spark seconds that are not its work.
    jars = ",".join(str(jar) for jar in sorted((IVY / "jars").glob("*.jar")))
    spark = builder().config("spark.jars", jars).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")

    def write(name: str, sql: str) -> None:
        table = str(out / name)
        spark.sql(sql).write.format("delta").mode("overwrite").save(table)
        spark.read.format("delta").load(table).createOrReplaceTempView(name)

    text = ", ".join(f"{header} string" for header in retail_sql.HEADERS)
    rows = spark.read.option("header", "true").option("escape", '"').schema(text).csv(str(csv))
    rows.createOrReplaceTempView("rows")
    write("bronze_sales", retail_sql.bronze("rows", csv.name))
    typed = spark.sql(retail_sql.typed(SPARK)).cache()
    typed.createOrReplaceTempView("typed")
    write("silver_sales", f"select {retail_sql.SILVER} from typed where reason is null")
    write("silver_quarantine", f"select {retail_sql.SILVER}, reason from typed where reason is not null")
    typed.unpersist()
    for name, sql in retail_sql.gold(SPARK).items():
        write(name, sql)
    spark.stop()


if sys.argv[1] == "--fetch":
    fetch()
else:
    main(Path(sys.argv[1]), Path(sys.argv[2]))
