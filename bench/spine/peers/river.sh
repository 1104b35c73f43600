#!/usr/bin/env bash
# River (Go) on PostgreSQL: CPU of a no-op job, one JSON line for each way to enqueue.
#   JOBS=40000   how many
source "$(dirname "$0")/ground.sh"
jobs="${JOBS:-40000}"

# Debian 12 has Go 1.19, which knows neither this go.mod nor how to fetch a newer Go.
wanted=$(sed -n 's/^go //p' "$peers/river/go.mod")
found=$(go env GOVERSION 2>/dev/null | sed 's/^go//') || true
if [ "$(printf '%s\n' "$wanted" "${found:-0}" | sort -V | head -1)" != "$wanted" ]; then
    say "River needs Go $wanted or newer on the path (found: ${found:-none})"
    exit 3
fi
(cd "$peers/river" && go build -o "$cache/river" .)
postgres
for mode in single bulk; do
    measure "river $(sed -n 's,.*riverqueue/river v,,p' "$peers/river/go.mod"), $mode" "$jobs" \
        "PostgreSQL with fsync" "$postgres_pid" "$cache/river" "$mode"
done
