#!/usr/bin/env bash
# The front door beside FastAPI, in turns, in one run: `make bench-api`. What it measures: bench/api/README.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=${GRAYGHOST_BIN:-target/release/grayghost}
venv=${GRAYGHOST_CACHE:-$HOME/.cache/grayghost}/bench-api-venv
command -v wrk >/dev/null || tools/setup.sh wrk
if ! cmp -s bench/api/requirements.txt "$venv/requirements.txt"; then
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r bench/api/requirements.txt
    cp bench/api/requirements.txt "$venv/requirements.txt"
fi
exec python3 bench/api/measure.py --binary "$binary" --python "$venv/bin/python" "$@"
