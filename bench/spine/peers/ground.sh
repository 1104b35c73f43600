# What the scripts beside it stand on: a cache, a PostgreSQL of their own, and the measuring. Sourced, never run.
#
# The server is the durable one (`fsync=on`), alone in its folder, so that only this peer's work is in its CPU time.
# shellcheck shell=bash
set -euo pipefail
peers=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$peers/../../.." && pwd)
cache="${GRAYGHOST_CACHE:-$HOME/.cache/grayghost}/bench-spine"
mkdir -p "$cache"

say() { printf 'bench: %s\n' "$*" >&2; }

# As root on Debian or Ubuntu it installs; anywhere else it says what to install and stops. RUNLEVEL: what is installed
# for a measurement must not start serving the machine.
package() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "installing $1"
        export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
        { apt-get update -qq && apt-get install -qq --yes --no-install-recommends "$1"; } >&2
    else
        say "missing; install this package (its Debian name), then run again: $1"
        exit 1
    fi
}

# Sets DATABASE_URL and postgres_pid; the server ends with the script.
postgres() {
    GRAYGHOST_SERVICES="/var/tmp/grayghost-bench-spine-$(id -u)"
    export GRAYGHOST_SERVICES
    unset GRAYGHOST_TEST_POSTGRES_URL GRAYGHOST_TEST_POSTGRES_DURABLE_URL
    trap '"$root/tools/services.sh" stop' EXIT
    "$root/tools/services.sh" start durable
    DATABASE_URL=$("$root/tools/services.sh" env | sed -n 's/^GRAYGHOST_TEST_POSTGRES_DURABLE_URL=//p')
    export DATABASE_URL
    # shellcheck disable=SC2034 # for the script that sources this
    postgres_pid=$(head -1 "$GRAYGHOST_SERVICES/durable/data/postmaster.pid")
}

# measure PEER JOBS NOTE PID|- COMMAND...: the command is given the number of jobs as its last argument.
measure() { python3 "$peers/measure.py" "$@"; }
