"""The input files: the data set as one CSV, its twenty-fold replica, and its days. Made once, kept in the cache."""

import csv
import gzip
import hashlib
import shutil
from pathlib import Path

SOURCE = "online_retail.csv.gz"
REPLICAS = 20
HEADER = b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
WHAT_IT_IS = f"""bench: {{place}} is missing.

It is "Online Retail" of the UCI Machine Learning Repository (Chen 2015, doi 10.24432/C5BW33, licence CC BY 4.0):
541,909 invoice lines of a web shop. The repository has it as a spreadsheet; this benchmark reads it as CSV, UTF-8,
lines ended by LF, times as 2010-12-01 08:26:00, customers as 17850.0, that is as pandas writes the spreadsheet:

    rows = pandas.read_excel("Online Retail.xlsx", dtype={{{{"InvoiceNo": str, "StockCode": str}}}})
    rows.to_csv("{SOURCE}", index=False)

Its header: {HEADER.decode()}

Put {SOURCE} into a folder, and say which: GRAYGHOST_DATA=that/folder make bench-lake
"""


class Missing(Exception):
    """The data set is not there, or is another file."""


class DataSet:
    """Paths of the inputs; each is made when it is first asked for."""

    def __init__(self, folder: Path, cache: Path) -> None:
        source = folder / SOURCE
        if not source.is_file():
            raise Missing(WHAT_IT_IS.format(place=source))
        self._source = source
        # By content, so that another edition of the file never meets the old replica.
        self._cache = cache / hashlib.sha256(source.read_bytes()).hexdigest()[:16]
        self._cache.mkdir(parents=True, exist_ok=True)

    def one(self) -> Path:
        """The file itself, unpacked: not every peer reads gzip."""
        return self._made("online_retail.csv", self._unpack)

    def x20(self) -> Path:
        """10,838,180 rows."""
        return self._made(f"online_retail_x{REPLICAS}.csv", self._replicate)

    def days(self) -> Path:
        """A folder with a file for each day that has invoices, named by the day."""
        return self._made("days", self._split)

    def _made(self, name: str, make) -> Path:
        path = self._cache / name
        if not path.exists():
            waiting = self._cache / f"{name}.making"
            if waiting.is_dir():
                shutil.rmtree(waiting)
            make(waiting)
            waiting.rename(path)
        return path

    def _unpack(self, to: Path) -> None:
        with gzip.open(self._source) as packed, to.open("wb") as plain:
            shutil.copyfileobj(packed, plain)
        with to.open("rb") as plain:
            header = plain.readline().rstrip(b"\n")
        if header != HEADER:
            raise Missing(f"bench: {self._source} has another header.\n  found    {header!r}\n  expected {HEADER!r}")

    def _rows(self) -> list[bytes]:
        """Lines without the header. No field of this file holds a line end, so that a line is a row."""
        return self.one().read_bytes().split(b"\n")[1:-1]

    def _replicate(self, to: Path) -> None:
        """Copy 0 keeps its invoice numbers, copy k has `-k` after them; customers are told apart by two more digits.

        Only those two fields change, so that the replica is as dirty as its origin, and its expected results can be
        computed from the rules. The customer's number is cut out from the right: texts before it may hold commas.
        """
        parts = []
        for row in self._rows():
            first, last = row.index(b","), row.rindex(b",")
            before = row.rindex(b",", 0, last) + 1
            customer = row[before:last]
            number = int(customer.removesuffix(b".0")) * 100 if customer else None
            parts.append((row[:first], row[first:before], number, row[last:]))
        with to.open("wb", buffering=1 << 22) as out:
            out.write(HEADER + b"\n")
            for copy in range(REPLICAS):
                mark = b"" if copy == 0 else b"-%02d" % copy
                for invoice, middle, number, end in parts:
                    customer = b"" if number is None else b"%d.0" % (number + copy)
                    out.write(invoice + mark + middle + customer + end + b"\n")

    def _split(self, to: Path) -> None:
        days: dict[str, list[bytes]] = {}
        rows = self._rows()
        for row, fields in zip(rows, csv.reader(row.decode() for row in rows), strict=True):
            days.setdefault(fields[4][:10], []).append(row)
        to.mkdir()
        for day, lines in days.items():
            (to / f"{day}.csv").write_bytes(b"\n".join([HEADER, *lines, b""]))
