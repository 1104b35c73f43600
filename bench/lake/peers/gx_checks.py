"""Ten expectations by Great Expectations on pandas. Argument: CSV. Prints rule, verdict and failing rows of each.

The rules are those of quality/models/silver/checked_sales.yml, in the same order.
"""

import json
import logging
import sys
import time
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import great_expectations as gx
import great_expectations.expectations as expect
import pandas as pd

logging.disable(logging.WARNING)

COLUMNS = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country".split(",")
COUNTRIES = (
    "Australia,Austria,Bahrain,Belgium,Brazil,Canada,Channel Islands,Cyprus,Czech Republic,Denmark,EIRE,"
    "European Community,Finland,France,Germany,Greece,Hong Kong,Iceland,Israel,Italy,Japan,Lebanon,Lithuania,Malta,"
    "Netherlands,Norway,Poland,Portugal,RSA,Saudi Arabia,Singapore,Spain,Sweden,Switzerland,USA,"
    "United Arab Emirates,United Kingdom,Unspecified"
).split(",")
RULES = [
    expect.ExpectTableRowCountToEqual(value=541_909),
    expect.ExpectTableColumnsToMatchOrderedList(column_list=COLUMNS),
    expect.ExpectColumnValuesToNotBeNull(column="InvoiceNo"),
    expect.ExpectColumnValuesToNotBeNull(column="CustomerID", mostly=0.7),
    expect.ExpectColumnValuesToNotBeNull(column="Description", mostly=0.99),
    expect.ExpectColumnValuesToMatchRegex(column="InvoiceNo", regex=r"^[CA]?\d{6}$"),
    expect.ExpectColumnValuesToBeBetween(column="Quantity", min_value=-100_000, max_value=100_000),
    expect.ExpectColumnValuesToBeBetween(column="UnitPrice", min_value=0),
    expect.ExpectColumnValuesToBeInSet(column="Country", value_set=COUNTRIES),
    expect.ExpectCompoundColumnsToBeUnique(column_list=COLUMNS),
]


def named(kind: str, arguments: dict) -> tuple[str, str | None]:
    return kind, arguments.get("column")


def main(csv: Path) -> None:
    start = time.process_time()
    rows = pd.read_csv(
        csv,
        dtype={"InvoiceNo": str, "StockCode": str, "Description": str, "Country": str},
        parse_dates=["InvoiceDate"],
        keep_default_na=False,
        na_values={"Description": [""], "CustomerID": [""]},
    )
    read = time.process_time()
    context = gx.get_context(mode="ephemeral")
    # Bars would be drawn into the measured time.
    context.variables.progress_bars = None
    asset = context.data_sources.add_pandas("shop").add_dataframe_asset("sales")
    batch = asset.add_batch_definition_whole_dataframe("all")
    suite = context.suites.add(gx.ExpectationSuite(name="rules", expectations=RULES))
    check = gx.ValidationDefinition(name="check", data=batch, suite=suite)
    result = context.validation_definitions.add(check).run(
        batch_parameters={"dataframe": rows}, result_format="SUMMARY"
    )
    # Results come in an order of their own.
    found = {named(one.expectation_config.type, one.expectation_config.kwargs): one for one in result.results}
    results = [found[named(rule.expectation_type, dict(rule))] for rule in RULES]
    verdicts = [[one.success, one.result.get("unexpected_count")] for one in results]
    parts = {"read": round(read - start, 2), "check": round(time.process_time() - read, 2)}
    print(json.dumps({"verdicts": verdicts, "cpu_s": parts}))


main(Path(sys.argv[1]))
