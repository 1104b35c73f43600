"""The benchmark's main program: rounds of all contestants, medians, a table. Called by run.sh.

Rounds are interleaved (each contestant once, then each again), so that a slow hour of the machine meets all of them.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

import report
from contestants import Contestant, Outcome, Scenario, Stage, environment
from dataset import DataSet, Missing
from measure import Measured, adopt_orphans, measure

SCENARIOS = ["one", "x20", "days", "quality"]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/lake/run.sh", description="Our lakehouse beside its peers.")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"{', '.join(SCENARIOS)} (default: all)")
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--spark", choices=["yes", "no"], required=True)
    parser.add_argument("--only", default="", help="keys of contestants, with commas between them")
    options = parser.parse_args()
    unknown = set(options.scenarios) - set(SCENARIOS)
    if unknown:
        parser.error(f"no scenario {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}")
    if options.runs < 1:
        parser.error("RUNS must be at least 1")
    return options


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def run_once(contestant: Contestant, work: Path, depth: str) -> tuple[Measured | None, Outcome]:
    """One measured run, judged and cleared away."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    out = work / "out"
    contestant.prepare(out)
    # What the one before wrote must not be flushed in this one's time.
    os.sync()
    try:
        measured = measure(contestant.command(out), environment(), work)
        if measured.exit_code != 0:
            complaint = measured.complaint.strip() or measured.stdout.strip()[-500:]
            return None, Outcome([f"exit code {measured.exit_code}: {complaint}"])
        return measured, contestant.judge(out, measured, depth)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def run_scenario(scenario: Scenario, options: argparse.Namespace) -> list[report.Row]:
    only = set(filter(None, options.only.split(",")))
    chosen = [one for one in scenario.contestants if not only or one.key in only]
    rows = {one.key: report.Row(one) for one in chosen}
    for number in range(options.runs):
        for one in chosen:
            row = rows[one.key]
            if row.wrong:
                continue
            # Everything is compared once; afterwards counts show that nothing went astray.
            depth = "all" if number == 0 else "counts"
            try:
                measured, outcome = run_once(one, options.cache / "bench-work", depth)
            except Exception as error:
                # One contestant that breaks must not take the others' figures along.
                measured, outcome = None, Outcome([f"{type(error).__name__}: {error}"])
            row.take(measured, outcome)
            result = "; ".join(outcome.wrong) or "right"
            shown = "" if measured is None else f"{report.figures(measured)}, "
            say(f"{scenario.key} {number + 1}/{options.runs} {one.name.replace('**', '')}: {shown}{result}")
    return list(rows.values())


def main() -> int:
    options = arguments()
    adopt_orphans()
    try:
        data = DataSet(options.data, options.cache / "bench-data")
        stage = Stage(options.binary, data, options.spark == "yes")
        keys = options.scenarios or SCENARIOS
        paper = report.Report(options)
        for key in keys:
            say(f"preparing {key}")
            scenario = stage.scenario(key)
            paper.add(scenario, run_scenario(scenario, options))
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 2
    print(paper.text())
    if paper.anything_wrong:
        say("something is wrong above, so no page was written")
        return 1
    say(f"written to {paper.write(keys, SCENARIOS)}")
    return 0


sys.exit(main())
