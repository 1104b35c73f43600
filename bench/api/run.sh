#!/bin/sh
# CPU of one request, with and without the layers, in turns. Needs wrk (Debian: apt-get install wrk).
# Usage: bench/api/run.sh [seconds] [rounds]; the binary is made by
#   cargo build --release -p gateway --example bench
set -eu
SECONDS_EACH=${1:-10}
ROUNDS=${2:-3}
BINARY=${BENCH_BINARY:-${CARGO_TARGET_DIR:-target}/release/examples/bench}
TICKS=$(getconf CLK_TCK)

# utime + stime of the process, in ticks (proc(5), stat, fields 14 and 15).
cpu() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

measure() {
    name=$1
    out=$(mktemp)
    if [ "$name" = plain ]; then PLAIN=1 "$BINARY" > "$out" 2> /dev/null & else "$BINARY" > "$out" 2> /dev/null & fi
    server=$!
    while ! [ -s "$out" ]; do read -r _ < /proc/uptime; done
    address=$(cut -d' ' -f1 "$out")
    wrk -t1 -c16 -d2s -H 'Authorization: Bearer secret-token' "http://$address/api/v1/things" > /dev/null
    before=$(cpu "$server")
    report=$(wrk -t1 -c16 -d"${SECONDS_EACH}s" --latency -H 'Authorization: Bearer secret-token' "http://$address/api/v1/things")
    after=$(cpu "$server")
    kill "$server"
    wait "$server" 2> /dev/null || true
    rm -f "$out"
    echo "$report" | awk -v name="$name" -v ticks="$((after - before))" -v hz="$TICKS" '
        / requests in / { requests = $1 }
        /Non-2xx/ { bad = $NF }
        / 99%/ { p99 = $2 }
        /Requests\/sec/ { rate = $2 }
        END { printf "%-8s %8d requests  %6.2f us CPU each  %8.0f/s  p99 %s  not 2xx: %d\n", name, requests, ticks / hz * 1e6 / requests, rate, p99, bad }'
}

for _ in $(seq "$ROUNDS"); do
    measure plain
    measure gateway
done
