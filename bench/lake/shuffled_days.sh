#!/usr/bin/env bash
# The control for `days`: the same files in an order of chance, so that a day's rows do not grow with the table.
#   bench/lake/shuffled_days.sh GRAYGHOST DAYS_FOLDER SCRATCH_FOLDER
# Prints: commits, median ms of the first 30 days, of the last 30, and their ratio.
set -euo pipefail
binary=$1 days=$2 scratch=$3
rm -rf "$scratch/shuffled"
"$binary" init "$scratch/shuffled" --quiet
find "$days" -name '*.csv' | sort | shuf --random-source=<(yes) >"$scratch/order"
xargs -a "$scratch/order" "$binary" run --project "$scratch/shuffled" --quiet
python3 - "$scratch/shuffled/.grayghost/lake/bronze/sales_raw/_delta_log" <<'PYTHON'
import json, pathlib, statistics, sys

commits = sorted(pathlib.Path(sys.argv[1]).glob("*.json"))
loads = [log.stat().st_mtime for log in commits if any("txn" in json.loads(line) for line in log.open())]
days = [1000 * (after - before) for before, after in zip(loads, loads[1:])]
first, last = statistics.median(days[:30]), statistics.median(days[-30:])
print(f"{len(loads)} commits; first 30 days {first:.1f} ms, last 30 {last:.1f} ms, ratio {last / first:.2f}")
PYTHON
