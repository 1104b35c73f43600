#!/usr/bin/env bash
# The trials of the spine, on databases of their own that flush every commit.
#   tools/spine.sh chaos sqlite|postgres KILLS SEED    ends with one line of JSON
#   tools/spine.sh outage SECONDS                      PostgreSQL taken away under load; ends with one line of JSON
#   tools/spine.sh tail EVENTS SEED                    a reader beside slow and killed writers on PostgreSQL; ends with one line of JSON
#   tools/spine.sh forget                              an erased person in PostgreSQL's files; ends with one line of JSON
#   tools/spine.sh bench                               one line of JSON for each figure, jobs beside their peers
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${CARGO_TARGET_DIR:-target}/release
folder=$(mktemp -d)
own=$folder/server
made=() # databases on the shared server
finish() {
    local each
    for each in "${made[@]}"; do query "DROP DATABASE IF EXISTS $each WITH (FORCE)" || true; done
    [ ! -d "$own" ] || own_services stop >&2 || true
    rm -rf "$folder"
}
trap finish EXIT

# On the server that flushes: one that was given, or that tools/services.sh starts.
shared() {
    local given=${GRAYGHOST_TEST_POSTGRES_DURABLE_URL:-}
    echo "${given:-$(tools/services.sh env | sed -n 's/^GRAYGHOST_TEST_POSTGRES_DURABLE_URL=//p')}"
}
query() {
    local psql
    psql=$(command -v psql || printf '%s\n' /usr/lib/postgresql/*/bin/psql | sort -V | tail -1)
    "$psql" "$(shared)" -qc "$1" >&2
}

# A new database there, dropped at the end; sets `url`.
postgres() {
    local name="spine_$$_$1" server
    tools/services.sh start durable >&2
    query "CREATE DATABASE $name"
    made+=("$name")
    server=$(shared)
    url="${server%/*}/$name"
}

# The server of a trial that stops it: nobody else uses it, and it ends with the trial.
own_services() {
    env -u GRAYGHOST_TEST_POSTGRES_URL -u GRAYGHOST_TEST_POSTGRES_DURABLE_URL GRAYGHOST_SERVICES="$own" tools/services.sh "$@"
}
start_own() {
    chmod 711 "$folder" # the server's user passes through
    own_services start durable >&2
    own_services env | sed -n 's/^GRAYGHOST_TEST_POSTGRES_DURABLE_URL=//p'
}

case "${1:-}" in
chaos)
    case "$2" in
    sqlite) url="sqlite:$folder/log.db" ;;
    postgres) postgres chaos ;;
    *)
        echo "spine: BACKEND is sqlite or postgres" >&2
        exit 2
        ;;
    esac
    "$bin/chaos" drive --url "$url" --dir "$folder" --kills "$3" --seed "$4"
    ;;
outage)
    url=$(start_own)
    # What `pg_ctl stop -m immediate` sends.
    stop="kill -QUIT \$(head -1 $own/durable/data/postmaster.pid)"
    start="env -u GRAYGHOST_TEST_POSTGRES_DURABLE_URL GRAYGHOST_SERVICES=$own tools/services.sh start durable >&2"
    "$bin/outage" --url "$url" --dir "$folder" --seconds "$2" --stop "$stop" --start "$start"
    ;;
tail)
    postgres tail
    "$bin/tail" drive --url "$url" --dir "$folder" --events "$2" --seed "$3"
    ;;
forget)
    url=$(start_own)
    "$bin/forget" fill --url "$url" --dir "$folder"
    own_services stop >&2 # a checkpoint
    "$bin/forget" look --data "$own/durable/data" --dir "$folder"
    url=$(start_own) # on another port, perhaps
    "$bin/forget" erase --url "$url" --dir "$folder"
    own_services stop >&2
    "$bin/forget" look --data "$own/durable/data" --dir "$folder" --erased
    ;;
bench)
    for backend in sqlite postgres; do
        mkdir "$folder/$backend"
        if [ $backend = sqlite ]; then url="sqlite:$folder/sqlite/log.db"; else postgres bench; fi
        echo "# $backend"
        "$bin/bench" --url "$url" --dir "$folder/$backend"
    done
    echo "# jobs, ours and those of peers"
    for peer in ours river celery; do
        bench/spine/peers/$peer.sh || echo "{\"peer\":\"$peer\",\"not_measured\":\"it ended with $?\"}"
    done
    ;;
*)
    echo "usage: tools/spine.sh chaos sqlite|postgres KILLS SEED | outage SECONDS | tail EVENTS SEED | forget | bench" >&2
    exit 2
    ;;
esac
