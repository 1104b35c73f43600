"""Medians and the page that shows them."""

import argparse
import datetime
import importlib.metadata
import os
import platform
import shlex
import statistics
import subprocess
import sys
from pathlib import Path

import psutil

from contestants import Contestant, Outcome, Scenario
from measure import Measured

PACKAGES = "duckdb deltalake polars datafusion great-expectations pandas pyarrow pyspark delta-spark".split()
# Above this share of busy cores at the start, CPU seconds are known to be inflated.
BUSY_SHARE = 0.25
# A command line is cut here: 305 file names say no more than one does.
LONGEST_COMMAND = 12


def figures(measured: Measured) -> str:
    return f"{measured.cpu_s:.2f} CPU s, {measured.wall_s:.2f} s, {measured.peak_mb:,.0f} MB"


class Row:
    """One contestant's runs in one scenario."""

    def __init__(self, contestant: Contestant) -> None:
        self.contestant = contestant
        self.wrong: list[str] = []
        self._runs: list[Measured] = []
        self._notes: list[dict[str, float]] = []

    def take(self, measured: Measured | None, outcome: Outcome) -> None:
        """A wrong result counts nothing, however fast it came."""
        self.wrong = outcome.wrong
        if measured is not None and not outcome.wrong:
            self._runs.append(measured)
            self._notes.append(outcome.notes)

    @property
    def is_good(self) -> bool:
        return bool(self._runs) and not self.wrong

    def median(self, figure: str) -> float:
        return statistics.median(getattr(run, figure) for run in self._runs)

    def spread(self, figure: str) -> str:
        """Median, and the least and most where there are several."""
        values = sorted(getattr(run, figure) for run in self._runs)
        shown = f"{statistics.median(values):.2f}"
        return shown if len(values) == 1 else f"{shown} ({values[0]:.2f} to {values[-1]:.2f})"

    def notes(self) -> str:
        names = self._notes[0] if self._notes else {}
        medians = {name: statistics.median(notes[name] for notes in self._notes) for name in names}
        return ", ".join(f"{name} {value:.2f}" for name, value in medians.items())


class Report:
    """The page, scenario by scenario."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._started = datetime.datetime.now(datetime.UTC)
        self._load = os.getloadavg()[0]
        self._parts: list[str] = []
        self.anything_wrong = False

    def add(self, scenario: Scenario, rows: list[Row]) -> None:
        """Takes in one scenario. Ratios are to the first row when that is ours and right."""
        ours = rows[0] if rows and rows[0].contestant.key == "grayghost" and rows[0].is_good else None
        lines = [
            f"## {scenario.title}",
            "",
            "| | CPU s | wall s | peak MB | CPU to ours | memory to ours | result |",
            "|---|---|---|---|---|---|---|",
            *(self._line(row, ours) for row in rows),
            "",
        ]
        if ours:
            lines += [target(scenario, ours), ""]
        lines += [f"- {plain(row)}: {row.notes()}" for row in rows if row.notes()]
        lines += [f"- {plain(row)}: {'; '.join(row.wrong)}" for row in rows if row.wrong]
        lines += ["", "```", *(self._command(row) for row in rows), "```", ""]
        self.anything_wrong |= any(row.wrong for row in rows)
        self._parts.append("\n".join(lines))

    def _line(self, row: Row, ours: Row | None) -> str:
        name = row.contestant.name
        if not row.is_good:
            return f"| {name} | | | | | | **wrong**, see below |"
        cells = [row.spread("cpu_s"), row.spread("wall_s"), f"{row.median('peak_mb'):,.0f}"]
        for figure in ("cpu_s", "peak_mb"):
            cells.append(f"{row.median(figure) / ours.median(figure):.2f}" if ours else "")
        return f"| {name} | {' | '.join(cells)} | right |"

    def _command(self, row: Row) -> str:
        words = row.contestant.command(Path("OUT"))
        if len(words) > LONGEST_COMMAND:
            # The files stand first, the options last.
            words = [*words[:3], "…", *words[-5:]]
        places = {sys.executable: "python", str(self._options.cache / "bench-data"): "DATA"}
        places[str(self._options.binary)] = "grayghost"
        places[f"{Path(__file__).parent}/"] = "bench/lake/"
        text = " ".join(word if word == "…" else shlex.quote(word) for word in words)
        for place, name in places.items():
            text = text.replace(place, name)
        return text

    def text(self) -> str:
        cores = os.cpu_count() or 1
        memory_gb = psutil.virtual_memory().total / 1e9
        head = [
            f"# Lakehouse benchmark, {self._started:%Y-%m-%d}",
            "",
            f"- machine: {processor()}, {cores} cores, {memory_gb:.0f} GB, {platform.system()} {platform.release()}",
            f"- {self._options.runs} interleaved runs, medians; load when it began: {self._load:.2f}",
            f"- {versions(self._options.binary)}",
            "- commands are as below; DATA and OUT stand for folders",
            "",
        ]
        if self._load > BUSY_SHARE * cores:
            head[-1:] = ["- **the machine was busy: take the ratios, not the seconds**", ""]
        return "\n".join([*head, *self._parts])

    def write(self, keys: list[str], all_keys: list[str]) -> Path:
        """One file a day and kind of machine; a part of the scenarios does not replace the whole."""
        part = "" if set(keys) == set(all_keys) else f"-{'-'.join(keys)}"
        self._options.results.mkdir(exist_ok=True)
        path = self._options.results / f"{self._started:%Y-%m-%d}-{os.cpu_count()}cores{part}.md"
        path.write_text(self.text())
        return path


def plain(row: Row) -> str:
    return row.contestant.name.replace("**", "")


def target(scenario: Scenario, ours: Row) -> str:
    cpu_s, peak_mb = ours.median("cpu_s"), ours.median("peak_mb")
    parts = [f"at most {scenario.target_cpu_s} CPU s: {met(cpu_s <= scenario.target_cpu_s)}"]
    if scenario.target_mb is not None:
        parts.append(f"at most {scenario.target_mb:,} MB: {met(peak_mb <= scenario.target_mb)}")
    return f"Promised: {', '.join(parts)}."


def met(holds: bool) -> str:
    return "met" if holds else "**missed**"


def processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def versions(binary: Path) -> str:
    found = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    if binary.is_file():
        told = subprocess.run([str(binary), "--version"], capture_output=True, text=True)
        found.insert(0, told.stdout.strip() or "grayghost (tells no version)")
    return ", ".join(found)
