#!/usr/bin/env bash
# Our lakehouse beside its peers: bench/lake/run.sh [one] [x20] [days] [quality]
#   RUNS=3             runs of each; medians are shown
#   PEERS=spark        Spark too (brings half a gigabyte, and Java)
#   CONTESTANTS=a,b    only these: grayghost duckdb polars datafusion spark merge-plain merge-by-month gx floor
#   GRAYGHOST_DATA     folder with online_retail.csv.gz
#   GRAYGHOST_BIN      the binary to measure, instead of the one of this checkout
set -euo pipefail
cd "$(dirname "$0")/../.."

cache="${GRAYGHOST_CACHE:-$HOME/.cache/grayghost}"
venv="$cache/bench-venv"
here=bench/lake
binary="${GRAYGHOST_BIN:-${CARGO_TARGET_DIR:-target}/release/grayghost}"
spark=no
[ "${PEERS:-}" = spark ] && spark=yes

say() { printf 'bench: %s\n' "$*" >&2; }

# As root on Debian or Ubuntu it installs; anywhere else it says what to install and stops.
package() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "installing $1"
        DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "$1" >&2 ||
            { apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes "$1" >&2; }
    else
        say "missing; install this package (its Debian name), then run again: $1"
        exit 1
    fi
}

# Installs a list of requirements once; its copy is written last, so that what broke off is begun again.
require() {
    local wanted="$here/$1" done="$venv/$1"
    cmp -s "$wanted" "$done" && return
    say "installing $wanted into $venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$wanted" >&2
    cp "$wanted" "$done"
}

python_side() {
    command -v python3 >/dev/null 2>&1 || package python3
    python3 -c 'import ensurepip, venv' 2>/dev/null || package python3-venv
    [ -x "$venv/bin/pip" ] || python3 -m venv "$venv"
    require requirements.txt
    [ "$spark" = yes ] || return 0
    command -v java >/dev/null 2>&1 || package openjdk-17-jre-headless
    require requirements-spark.txt
    export SPARK_IVY="$cache/bench-ivy"
    if [ ! -e "$SPARK_IVY/fetched" ]; then
        say "fetching the Java side of Delta Lake"
        "$venv/bin/python" "$here/peers/spark_delta.py" --fetch >/dev/null
        touch "$SPARK_IVY/fetched"
    fi
}

# The program is not built here: a benchmark must not start a quarter of an hour of compiling by surprise, nor beside
# another build. Peers alone can be asked for without it.
our_side() {
    case ",${CONTESTANTS:-grayghost}," in *,grayghost*) ;; *) return 0 ;; esac
    [ -x "$binary" ] && return
    say "there is no program at $binary; build it first: cargo build --release"
    exit 2
}

known() {
    local name
    for name in "$@"; do
        case "$name" in
        one | x20 | days | quality) ;;
        *)
            say "no scenario $name; there are: one x20 days quality"
            exit 2
            ;;
        esac
    done
}

# What can be refused at once comes before anything is installed.
known "$@"
our_side
python_side
# Absolute, because a run's own folder is elsewhere.
exec "$venv/bin/python" "$here/suite.py" \
    --binary "$(realpath -m "$binary")" \
    --data "${GRAYGHOST_DATA:-../shared/data/retail}" \
    --cache "$(realpath -m "$cache")" \
    --results "$here/results" \
    --runs "${RUNS:-3}" --spark "$spark" --only "${CONTESTANTS:-}" -- "$@"
