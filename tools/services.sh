#!/usr/bin/env bash
# PostgreSQL for the tests, on a free port of 127.0.0.1, in a folder of its own.
#   tools/services.sh start [durable]    starts it, or finds it running; installs it when it is missing and may
#   tools/services.sh stop               stops what was started here
#   tools/services.sh status             says what runs; exit 3 when nothing does
#   tools/services.sh env                prints what a shell has to set so that tests find it
#
# The ordinary server never flushes (`fsync=off`); `durable` is a second one that does. Tests make databases of their
# own, so that all checkouts of a machine share one server. Its only role over the network is `grayghost`, who may make
# databases but is no superuser, so that row-level security binds the tests and a stranger on this machine gains nothing.
#
# A server given by GRAYGHOST_TEST_POSTGRES_URL (or ..._DURABLE_URL) is taken as it is, and none is started for it.
# GRAYGHOST_SERVICES names another folder. Exit 3 of `start`: there is no PostgreSQL, and it cannot be installed.
set -euo pipefail
cd "$(dirname "$0")/.."
setup=$PWD/tools/setup.sh

readonly ROLE=grayghost DATABASE=grayghost_test
readonly ABSENT=3 LOCK_S=180 START_S=60 STOP_S=30
# Below the ports that the system gives to clients, so that none takes ours while the server is down.
readonly PORT_FIRST=20000 PORT_COUNT=12000
# What a person has set for servers of their own is not meant for this one.
unset PGDATA PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGPASSWORD PGPASSFILE PGSERVICE PGOPTIONS PGSSLMODE PGTARGETSESSIONATTRS

say() { printf 'services: %s\n' "$*" >&2; }
is_root() { [ "$(id -u)" = 0 ]; }

# PostgreSQL refuses to run as root.
server_user() { if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi; }
as_server() {
    if is_root; then
        setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups "$@"
    else
        "$@"
    fi
}

# Root's own folders are closed to the server's user as a rule; then a folder that outlives a reboot and that only root
# can fill.
folder() {
    local wanted="${GRAYGHOST_SERVICES:-${GRAYGHOST_CACHE:-$HOME/.cache/grayghost}/services}" above
    if is_root && [ -z "${GRAYGHOST_SERVICES:-}" ]; then
        above=$wanted
        until [ -d "$above" ]; do above=$(dirname "$above"); done
        as_server test -x "$above" || wanted=/var/tmp/grayghost-services-0
    fi
    [ -d "$wanted" ] || { mkdir -p "$(dirname "$wanted")" && mkdir -m 711 "$wanted"; } 2>/dev/null || true
    # Another user may have made it first in a folder that is open to all.
    if [ -L "$wanted" ] || [ ! -O "$wanted" ]; then
        say "$wanted is not a folder of this user; remove it, or name another in GRAYGHOST_SERVICES"
        exit 1
    fi
    chmod 711 "$wanted" # the server's user passes through
    (cd "$wanted" && pwd -P)
}

# Where initdb, postgres and psql stand. Debian keeps the servers off the path.
programs() {
    local found
    found=$(command -v initdb || printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -1)
    [ -x "$found" ] || return 1
    dirname "$(readlink -f "$found")"
}

# --- one server: all functions below take its name, `ordinary` or `durable` ------------------------------------------

data() { echo "$base/$1/data"; }
variable() { if [ "$1" = durable ]; then echo GRAYGHOST_TEST_POSTGRES_DURABLE_URL; else echo GRAYGHOST_TEST_POSTGRES_URL; fi; }
url() { echo "postgres://$ROLE@127.0.0.1:$(port "$1")/$DATABASE"; }
pid() { sed -n 1p "$(data "$1")/postmaster.pid" 2>/dev/null; }
port() { cat "$base/$1.port" 2>/dev/null; }
given() { [ -n "$(printenv "$(variable "$1")")" ]; }

# After `kill -9` or a reboot its number may belong to somebody else.
alive() {
    local pid
    pid=$(pid "$1") && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || return 1
    { tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null || ps -o args= -p "$pid" 2>/dev/null; } | grep -qF -- "-D $(data "$1") "
}

query() { "$bin/psql" -X -w -q -A -t -h 127.0.0.1 -p "$(port "$1")" -U "$ROLE" -d postgres -c "$2"; }

# Asks for readiness, not for a connection: a server that is full of tests is well.
answers() {
    local tries
    for ((tries = 0; tries < START_S * 10; tries++)); do
        alive "$1" || return 1
        "$bin/pg_isready" -q -t 5 -h 127.0.0.1 -p "$(port "$1")" && return 0
        sleep 0.1
    done
    return 1
}

# A server that never flushed cannot be trusted after the machine itself went down.
boot() { cat /proc/sys/kernel/random/boot_id 2>/dev/null || sysctl -n kern.boottime 2>/dev/null || echo unknown; }
of_this_boot() { [ "$1" = durable ] || [ "$(cat "$base/$1.boot" 2>/dev/null)" = "$(boot)" ]; }

settings() {
    local flush=off
    [ "$1" = durable ] && flush=on
    cat <<END
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 64MB
fsync = $flush
full_page_writes = $flush
END
}

# Made beside its place and moved there whole, so that what was interrupted is never taken for a cluster.
make_cluster() {
    local new="$base/$1.new"
    say "making a cluster in $base/$1"
    halt "$1"
    rm -rf "$new" "${base:?}/$1"
    mkdir -m 700 "$new"
    is_root && chown "$user" "$new"
    as_server "$bin/initdb" -D "$new/data" -U postgres -A reject -E UTF8 --locale=C.UTF-8 --no-sync >"$base/$1.made" 2>&1 ||
        { tail -5 "$base/$1.made" >&2 && return 1; }
    settings "$1" | as_server tee -a "$new/data/postgresql.conf" >/dev/null
    echo "host all $ROLE 127.0.0.1/32 trust" | as_server tee "$new/data/pg_hba.conf" >/dev/null
    echo "CREATE ROLE $ROLE LOGIN CREATEDB" |
        as_server "$bin/postgres" --single -D "$new/data" postgres >>"$base/$1.made" 2>&1
    boot >"$base/$1.boot"
    mv "$new" "$base/$1"
}

# The port it had before, when nobody has taken it meanwhile.
choose_port() {
    local port tries
    port=$(port "$1")
    for ((tries = 0; tries < 100; tries++)); do
        if [ -n "$port" ] && ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port" >"$base/$1.port"
            return
        fi
        port=$((PORT_FIRST + (RANDOM * 32768 + RANDOM) % PORT_COUNT))
    done
    return 1
}

# `9>&-`: a server that held the lock would keep everybody out for as long as it runs.
launch() {
    local log="$base/$1/log"
    choose_port "$1" || return 1
    # PostgreSQL would wait for whoever has its old number now. A dead number it judges better than we do.
    alive "$1" || ! kill -0 "$(pid "$1")" 2>/dev/null || rm -f "$(data "$1")/postmaster.pid"
    [ ! -e "$log" ] || mv "$log" "$log.before"
    as_server "$bin/pg_ctl" start -D "$(data "$1")" -l "$log" -o "-p $(port "$1")" -w -t "$START_S" \
        </dev/null >"$base/$1.started" 2>&1 9>&-
}

# Once more with another port or after a moment: a port can be taken in between, and the children of a killed server
# need a moment to go.
launch_stubbornly() {
    local pause
    for pause in 0.5 1 0; do
        launch "$1" && return
        rm -f "$base/$1.port"
        sleep "$pause"
    done
    say "PostgreSQL did not start; the end of $base/$1/log:"
    tail -5 "$base/$1/log" >&2 || true
    return 1
}

start() {
    if alive "$1"; then
        if answers "$1"; then
            ensure_database "$1"
            return
        fi
        say "pid $(pid "$1") does not answer; stopping it"
        halt "$1"
    fi
    { [ -e "$(data "$1")/PG_VERSION" ] && of_this_boot "$1"; } || make_cluster "$1"
    if ! launch_stubbornly "$1"; then
        make_cluster "$1"
        launch_stubbornly "$1"
    fi
    ensure_database "$1"
    say "$1 server started, pid $(pid "$1"), port $(port "$1")"
}

ensure_database() {
    [ -n "$(query "$1" "SELECT 1 FROM pg_database WHERE datname = '$DATABASE'")" ] || query "$1" "CREATE DATABASE $DATABASE"
}

# By its pid alone: disconnects its clients, and kills only what does not heed.
halt() {
    local pid signal tries
    alive "$1" || return 0
    pid=$(pid "$1")
    for signal in INT QUIT KILL; do
        kill -"$signal" "$pid" 2>/dev/null || return 0
        for ((tries = 0; tries < STOP_S * 10; tries++)); do
            kill -0 "$pid" 2>/dev/null || return 0
            sleep 0.1
        done
    done
    return 1
}

# --- verbs -----------------------------------------------------------------------------------------------------------

names() { echo ordinary durable; }
lines() { for name in $(names); do ! alive "$name" || echo "$(variable "$name")=$(url "$name")"; done; }

write_env() {
    lines >"$base/env.new"
    mv "$base/env.new" "$base/env"
}

with_lock() {
    exec 9>"$base/lock"
    flock -w "$LOCK_S" 9 || { say "another start or stop has held $base/lock for $LOCK_S s" && exit 1; }
}

start_verb() {
    if given "$1"; then
        say "$(variable "$1") is set: that server is taken, none is started"
        return
    fi
    programs >/dev/null || "$setup" postgres || true
    bin=$(programs) || exit "$ABSENT"
    user=$(server_user)
    base=$(folder)
    cd "$base"
    with_lock
    start "$1"
    write_env
}

stop_verb() {
    with_lock
    for name in $(names); do
        alive "$name" || continue
        halt "$name"
        say "$name server stopped"
    done
    write_env
}

status_verb() {
    local code=$ABSENT
    for name in $(names); do
        if given "$name"; then
            echo "$name: given by $(variable "$name")"
            code=0
        elif alive "$name"; then
            echo "$name: running, pid $(pid "$name"), $(url "$name"), in $base/$name"
            code=0
        else
            echo "$name: stopped"
        fi
    done
    return "$code"
}

# What is set already is left alone: it may name another server.
env_verb() { lines | while IFS='=' read -r name value; do [ -n "$(printenv "$name")" ] || echo "$name=$value"; done; }

usage() {
    say "usage: tools/services.sh start [durable] | stop | status | env"
    exit 2
}

which=ordinary
case "${2:-}" in '') ;; durable) which=durable ;; *) usage ;; esac
case "${1:-}" in
start) start_verb "$which" ;;
stop | status | env)
    [ $# = 1 ] || usage
    user=$(server_user)
    base=$(folder)
    "${1}_verb"
    ;;
*) usage ;;
esac
