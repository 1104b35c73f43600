"""Measures `grayghost resolve evaluate --model auto` beside Splink 5 on the same machine and prints Markdown.

Ours is one whole process: reading, making the model, learning, grouping. Splink is what its script in peers/er times: from
loading to clusters, without the import of Python packages. CPU seconds are user and system time of all threads.
"""
import csv
import json
import os
import pathlib
import platform
import subprocess
import sys

SHARED = pathlib.Path(os.environ["GRAYGHOST_SHARED"]).resolve()
ER, PEERS = SHARED / "data/er", SHARED / "peers/er"
DATA = pathlib.Path(os.environ["BENCH_DATA"])
BINARY = os.environ["GRAYGHOST_BIN"]


def ours(*words):
    """One evaluation by `auto`, as JSON."""
    command = [BINARY, "resolve", "evaluate", *map(str, words), "--format", "json", "--quiet"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def peer(script, *words):
    """The last line of a peer's script, as JSON; it finds the data by GG_DATA."""
    command = [sys.executable, str(PEERS / script), *map(str, words)]
    environment = os.environ | {"GG_DATA": str(SHARED / "data")}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return json.loads(done.stdout.strip().splitlines()[-1])


def splink_at(found, probability=0.95):
    return next(at for at in found["clusters_p"] if at["threshold"] == probability)


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def groups_row(name, found, splink):
    at, best = found["default"]["measured"] if "measured" in found["default"] else found["default"], found["best"]
    best = best.get("measured", best)
    cells = [name, f"{at['pairwise']['f1']:.4f} / {at['b_cubed']['f1']:.4f}", f"{best['pairwise']['f1']:.4f}"]
    cells += [f"{found['blocking_recall']:.4f}", f"{found['cpu_seconds']:.1f}", f"{found['peak_memory_mb']:.0f}"]
    if splink:
        theirs = splink_at(splink)
        cells += [f"{theirs['F1']:.4f} / {theirs['b3_F1']:.4f}", f"{splink['cpu_s']:.1f}", f"{splink['peak_rss_mb']:.0f}"]
        cells += [f"{splink['cpu_s'] / found['cpu_seconds']:.1f}"]
    else:
        cells += ["", "", "", ""]
    row(*cells)


HEADS = ["set", "ours F1 / B³", "ours at best", "blocking recall", "CPU s", "MB", "Splink F1 / B³ at .95", "CPU s", "MB", "CPU, theirs to ours"]


def heads():
    row(*HEADS)
    row(*["---"] * len(HEADS))


def sets():
    heads()
    fake = ER / "splink/fake_1000.csv"
    groups_row("fake_1000", ours(fake, "--id", "unique_id", "--truth", "cluster"), peer("splink5_bench.py", "fake_1000"))
    febrl, truth = ER / "febrl/dataset3.csv", DATA / "febrl3_truth.csv"
    with open(febrl) as source, open(truth, "w") as target:
        target.write("id,person\n")
        for line in list(csv.reader(source))[1:]:
            target.write(f"{line[0]},{'-'.join(line[0].split('-')[:2])}\n")
    groups_row("febrl dataset3", ours(febrl, "--id", "rec_id", "--truth", truth), peer("splink5_bench.py", "febrl3"))
    people = ER / "splink/historical_figures_with_errors_50k.parquet"
    groups_row("historical_50k", ours(people, "--id", "unique_id", "--truth", "cluster"), peer("splink5_bench.py", "h50k"))
    print()
    row("two files, one to one", "F1", "precision", "recall", "at best", "candidates' recall", "CPU s", "MB")
    row(*["---"] * 8)
    for name, left, right, links in [
        ("Abt-Buy", "abt-buy/Abt.csv", "abt-buy/Buy.csv", "abt-buy/abt_buy_perfectMapping.csv"),
        ("Amazon-Google", "amazon-google/Amazon.csv", "amazon-google/GoogleProducts.csv", "amazon-google/Amzon_GoogleProducts_perfectMapping.csv"),
        ("Fodors-Zagats", "fodors-zagats/magellan_fodors.csv", "fodors-zagats/magellan_zagats.csv", "fodors-zagats/magellan_matches_fodors_zagats.csv"),
    ]:
        folder = ER / "leipzig"
        found = ours(folder / left, folder / right, "--id", "id", "--one-to-one", "--truth", folder / links)
        at = found["default"]["pairwise"]
        row(name, f"{at['f1']:.4f}", f"{at['precision']:.4f}", f"{at['recall']:.4f}", f"{found['best']['pairwise']['f1']:.4f}",
            f"{found['blocking_recall']:.4f}", f"{found['cpu_seconds']:.1f}", f"{found['peak_memory_mb']:.0f}")


def made(records):
    """People made by the peers' generator, once."""
    path = DATA / f"synth_{records}.parquet"
    if not path.exists():
        environment = os.environ | {"GG_DATA": str(SHARED / "data")}
        beside = path.with_suffix(".part")
        subprocess.run([sys.executable, str(PEERS / "gen_synth.py"), str(records), str(beside)], check=True, env=environment, stdout=sys.stderr)
        beside.rename(path)
    return path


def people(records, beside):
    path = made(records)
    found = ours(path, "--id", "unique_id", "--truth", "cluster", "--ignore", "source")
    groups_row(f"{records:,} made people", found, peer("splink5_synth.py", path) if beside else None)


def million():
    heads()
    people(1_000_000, True)


def growth():
    heads()
    for records in [20_000, 100_000, 500_000, 1_000_000, 5_000_000]:
        people(records, records <= 100_000)


if __name__ == "__main__":
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores\n")
    for name in sys.argv[1:] or ["sets", "million", "growth"]:
        print(f"\n## {name}\n")
        {"sets": sets, "million": million, "growth": growth}[name]()
