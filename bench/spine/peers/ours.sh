#!/usr/bin/env bash
# Our own queue, measured as its peers are: CPU of a no-op job, one JSON line for each database and each way to enqueue.
#   JOBS=40000   how many
# `make bench-spine` builds what it runs.
source "$(dirname "$0")/ground.sh"
jobs="${JOBS:-40000}" bench="${CARGO_TARGET_DIR:-$root/target}/release/examples/bench"

# ours BACKEND JOBS_A_TRANSACTION NOTE PID|-
ours() {
    # shellcheck disable=SC2016 # the inner shell is given the number of jobs
    measure "gray ghost, $1, $2 a transaction" "$jobs" "$3" "$4" bash -c 'exec "$0" "$1" "$3" "$2" >&2' "$bench" "$1" "$2"
}
for chunk in 1 1000; do ours sqlite "$chunk" "every commit flushed" -; done
postgres
export GRAYGHOST_TEST_POSTGRES_URL=$DATABASE_URL
for chunk in 1 1000; do ours postgres "$chunk" "PostgreSQL with fsync" "$postgres_pid"; done
