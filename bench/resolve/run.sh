#!/usr/bin/env bash
# Our entity resolution beside Splink: bench/resolve/run.sh [sets] [million] [growth]
#   GRAYGHOST_SHARED   folder with data/er and peers/er; default: ../shared beside the checkout
#   GRAYGHOST_BIN      the binary to measure, instead of the one of this checkout
set -euo pipefail
cd "$(dirname "$0")/../.."

cache="${GRAYGHOST_CACHE:-$HOME/.cache/grayghost}"
venv="$cache/bench-resolve-venv"
wanted=bench/resolve/requirements.txt
if ! cmp -s "$wanted" "$venv/requirements.txt"; then
    printf 'bench: installing %s into %s\n' "$wanted" "$venv" >&2
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$wanted" >&2
    cp "$wanted" "$venv/requirements.txt"
fi
export GRAYGHOST_SHARED="${GRAYGHOST_SHARED:-$PWD/../shared}"
export GRAYGHOST_BIN="${GRAYGHOST_BIN:-${CARGO_TARGET_DIR:-target}/release/grayghost}"
export BENCH_DATA="$cache/bench-data/resolve"
mkdir -p "$BENCH_DATA"
exec "$venv/bin/python" bench/resolve/suite.py "$@"
