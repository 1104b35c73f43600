#!/usr/bin/env bash
# The trials of the spine, on databases of their own that flush every commit.
#   tools/spine.sh chaos sqlite|postgres KILLS SEED    ends with one line of JSON
#   tools/spine.sh bench                               one line of JSON for each figure
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${CARGO_TARGET_DIR:-target}/release
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# A new database on the server that flushes.
postgres() {
    tools/services.sh start durable >&2
    local url psql name="spine_$$_$1"
    url=$(tools/services.sh env | sed -n 's/^GRAYGHOST_TEST_POSTGRES_DURABLE_URL=//p')
    psql=$(command -v psql || printf '%s\n' /usr/lib/postgresql/*/bin/psql | sort -V | tail -1)
    "$psql" "$url" -qc "CREATE DATABASE $name" >&2
    echo "${url%/*}/$name"
}

case "${1:-}" in
chaos)
    case "$2" in
    sqlite) url="sqlite:$folder/log.db" ;;
    postgres) url=$(postgres chaos) ;;
    *)
        echo "spine: BACKEND is sqlite or postgres" >&2
        exit 2
        ;;
    esac
    "$bin/chaos" drive --url "$url" --dir "$folder" --kills "$3" --seed "$4"
    ;;
bench)
    for backend in sqlite postgres; do
        mkdir "$folder/$backend"
        if [ $backend = sqlite ]; then url="sqlite:$folder/sqlite/log.db"; else url=$(postgres bench); fi
        echo "# $backend"
        "$bin/bench" --url "$url" --dir "$folder/$backend"
    done
    ;;
*)
    echo "usage: tools/spine.sh chaos sqlite|postgres KILLS SEED | bench" >&2
    exit 2
    ;;
esac
