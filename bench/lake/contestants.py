"""Who runs in which scenario, by which command, and how its result is judged."""

import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dataset import DataSet
from measure import Measured

HERE = Path(__file__).parent
EXPECTED = json.loads((HERE / "expected.json").read_text())
QUALITY_ASSET = "silver.checked_sales"
# Days that are compared at either end. The very first is left out: it makes the tables.
DAYS_AT_END = 30


@dataclass(frozen=True)
class Outcome:
    """What a run left behind, judged."""

    wrong: list[str]
    # Figures of its own, such as milliseconds a day; medians of them are shown below the table.
    notes: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Contestant:
    """One program in one scenario. `prepare` is outside the clock."""

    key: str
    name: str
    command: Callable[[Path], list[str]]
    judge: Callable[[Path, Measured, str], Outcome]
    prepare: Callable[[Path], None] = lambda out: out.mkdir()


@dataclass(frozen=True)
class Scenario:
    """One table of the report."""

    key: str
    title: str
    contestants: list[Contestant]
    # What the project promises of its own row: CPU seconds and, where stated, megabytes.
    target_cpu_s: float
    target_mb: float | None = None


class Stage:
    """Builds scenarios from the binary and the data set; the data is made when a scenario asks for it."""

    def __init__(self, binary: Path, data: DataSet, with_spark: bool) -> None:
        self._binary, self._data, self._with_spark = str(binary), data, with_spark

    def scenario(self, key: str) -> Scenario:
        return {"one": self._one, "x20": self._x20, "days": self._days, "quality": self._quality}[key]()

    def _one(self) -> Scenario:
        title = "one: 541,909 rows to Delta, all layers; ours with all checks and lineage"
        return Scenario("one", title, self._medallion(self._data.one(), "one"), 1.6, 250)

    def _x20(self) -> Scenario:
        title = "x20: 10,838,180 rows to Delta, all layers; ours with all checks and lineage"
        return Scenario("x20", title, self._medallion(self._data.x20(), "x20"), 28, 1_500)

    def _medallion(self, csv: Path, scale: str) -> list[Contestant]:
        def peer(key: str, name: str) -> Contestant:
            def judge(out: Path, _: Measured, depth: str) -> Outcome:
                return verified("peer", out, scale, depth)

            return Contestant(key, name, lambda out: [*script(f"{key}_delta.py"), str(csv), str(out)], judge)

        peers = [
            peer("duckdb", "DuckDB → Delta"),
            peer("polars", "Polars → Delta"),
            peer("datafusion", "DataFusion (Python) → Delta"),
        ]
        if self._with_spark:
            peers.append(peer("spark", "Spark → Delta"))
        return [self._ours([str(csv)], scale), *peers]

    def _days(self) -> Scenario:
        folder = self._data.days()
        files = [str(day) for day in sorted(folder.glob("*.csv"))]

        def merge(key: str, name: str) -> Contestant:
            command = [*script("delta_merge.py"), str(folder)]
            return Contestant(f"merge-{key}", name, lambda out: [*command, str(out), key], judge_merge)

        ours = self._ours(files, "one", judge_days)
        peers = [merge("plain", "delta-rs MERGE, no gold"), merge("by-month", "delta-rs MERGE by month, no gold")]
        title = f"days: {len(files)} daily files in one command, a bronze and a silver commit for each; ours with gold"
        return Scenario("days", title, [ours, *peers], 10)

    def _ours(self, files: list[str], scale: str, more: Callable[[Path], Outcome] | None = None) -> Contestant:
        def judge(out: Path, _: Measured, depth: str) -> Outcome:
            outcome = verified("ours", out, scale, depth)
            if more is None:
                return outcome
            extra = more(out)
            return Outcome(outcome.wrong + extra.wrong, extra.notes)

        def command(out: Path) -> list[str]:
            return [self._binary, "run", *files, "--project", str(out), "--quiet", "--format", "json"]

        return Contestant("grayghost", "**grayghost run**", command, judge, self._init)

    def _init(self, out: Path) -> None:
        subprocess.run([self._binary, "init", str(out), "--quiet"], check=True, stdout=subprocess.DEVNULL)

    def _quality(self) -> Scenario:
        csv = str(self._data.one())
        flags = ["--quiet", "--format", "json"]

        def with_rules(out: Path) -> None:
            self._init(out)
            shutil.rmtree(out / "models")
            shutil.copytree(HERE / "quality" / "models", out / "models")

        def run(out: Path) -> list[str]:
            return [self._binary, "run", csv, "--project", str(out), *flags]

        def loaded(out: Path) -> None:
            with_rules(out)
            subprocess.run(run(out), check=True, stdout=subprocess.DEVNULL)

        def quality(out: Path) -> list[str]:
            return [self._binary, "quality", QUALITY_ASSET, "--project", str(out), *flags]

        def peer(key: str, name: str, file: str) -> Contestant:
            return Contestant(key, name, lambda _: [*script(file), csv], judge_peer_rules)

        contestants = [
            Contestant("grayghost", "**grayghost quality** (of a loaded table)", quality, judge_our_rules, loaded),
            Contestant("grayghost-run", "**grayghost run** (file, tables, rules)", run, judge_our_rules, with_rules),
            peer("gx", "Great Expectations (file, rules)", "gx_checks.py"),
            peer("floor", "DuckDB by hand (file, rules): the floor", "duckdb_checks.py"),
        ]
        return Scenario("quality", "quality: ten expectations on 541,909 rows", contestants, 0.8)


def script(name: str) -> list[str]:
    return [sys.executable, str(HERE / "peers" / name)]


def verified(layout: str, out: Path, scale: str, depth: str) -> Outcome:
    command = [sys.executable, str(HERE / "verify.py"), layout, str(out), scale, depth]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return Outcome([f"could not be checked: {done.stderr.strip()[-500:]}"])
    return Outcome(json.loads(done.stdout)["wrong"])


def ends(day_ms: list[float]) -> dict[str, float]:
    """Medians of the first and the last days, and their ratio."""
    if len(day_ms) < 2 * DAYS_AT_END:
        return {}
    first, last = statistics.median(day_ms[:DAYS_AT_END]), statistics.median(day_ms[-DAYS_AT_END:])
    return {"first 30 days, ms a day": first, "last 30 days, ms a day": last, "last to first": last / first}


def judge_merge(out: Path, measured: Measured, depth: str) -> Outcome:
    outcome = verified("merge", out, "one", depth)
    return Outcome(outcome.wrong, ends(last_object(measured.stdout)["day_ms"][1:]))


def judge_days(project: Path) -> Outcome:
    """A commit in bronze and in silver for each day, and the time from one bronze commit to the next.

    That time is a day's silver and all upkeep, then the next day's bronze. It is taken from the commits' own files,
    because the summary tells the time of a file's load only. Compactions move rows and add none; they are part of the
    day before them.
    """
    wrong, times = [], {}
    for table in ("bronze/sales_raw", "silver/sales"):
        commits = sorted((project / ".grayghost/lake" / table / "_delta_log").glob("*.json"))
        times[table] = [commit.stat().st_mtime_ns / 1e6 for commit in commits if adds_rows(commit)]
        if len(times[table]) != EXPECTED["days"]:
            wrong.append(f"{table} has {len(times[table])} commits with rows instead of {EXPECTED['days']}")
    return Outcome(wrong, ends([after - before for before, after in itertools.pairwise(times["bronze/sales_raw"])]))


def adds_rows(commit: Path) -> bool:
    actions = (json.loads(line) for line in commit.read_text().splitlines() if line)
    return any(action.get("add", {}).get("dataChange") for action in actions)


def last_object(stdout: str) -> dict | list:
    """What a program printed: one JSON document, or such a line after others."""
    try:
        return json.loads(stdout)
    except json.JSONDecodeError:
        return json.loads(stdout.strip().splitlines()[-1])


def judge_our_rules(_: Path, measured: Measured, __: str) -> Outcome:
    told = last_object(measured.stdout)
    checks = told if isinstance(told, list) else told["checks"]
    checks = sorted((check for check in checks if check["asset"] == QUALITY_ASSET), key=lambda one: one["expectation"])
    return Outcome(compared([[check["success"], check["unexpected"]] for check in checks]))


def judge_peer_rules(_: Path, measured: Measured, __: str) -> Outcome:
    told = last_object(measured.stdout)
    parts = {f"CPU s, {part}": seconds for part, seconds in told.get("cpu_s", {}).items()}
    return Outcome(compared(told["verdicts"]), parts)


def compared(verdicts: list[list]) -> list[str]:
    wanted = EXPECTED["verdicts"]
    if len(verdicts) != len(wanted):
        return [f"{len(verdicts)} verdicts instead of {len(wanted)}"]
    wrong = []
    for number, (found, expected) in enumerate(zip(verdicts, wanted, strict=True), start=1):
        # Rules on a whole table have no failing rows to count.
        rows_differ = expected[1] is not None and found[1] != expected[1]
        if found[0] != expected[0] or rows_differ:
            wrong.append(f"rule {number}: {found} instead of {expected}")
    return wrong


def environment() -> dict[str, str]:
    """Nobody is told how many cores to use: each program runs as its users get it."""
    return {**os.environ, "NO_COLOR": "1", "POLARS_VERBOSE": "0", "PYTHONWARNINGS": "ignore"}
