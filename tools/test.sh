#!/usr/bin/env bash
# All tests, then how many could not run and what they lacked.
#   tools/test.sh all|fast [arguments of cargo test]
# `all` starts PostgreSQL (tools/services.sh); `fast` starts nothing, and tests that need a server are skipped.
# Skipped tests write a line each to GRAYGHOST_SKIPPED_FILE: `skipped: <test>: <what it lacks>`.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'test: %s\n' "$*" >&2; }

# Sets what the tests look for. No PostgreSQL is no failure, one that does not start is.
servers() {
    local status=0
    tools/services.sh start || status=$?
    case "$status" in
    0) while IFS= read -r line; do export "${line?}"; done < <(tools/services.sh env) ;;
    3) say "no PostgreSQL: the tests that need it are skipped" ;;
    *) exit "$status" ;;
    esac
}

# `.ci/run` looks for the line that begins with `skipped tests:`.
summary() {
    echo
    echo "skipped tests: $(wc -l <"$GRAYGHOST_SKIPPED_FILE")"
    sed 's/^skipped: [^ ]*: //' "$GRAYGHOST_SKIPPED_FILE" | sort | uniq -c
}

case "${1:-}" in
all) servers ;;
fast) unset GRAYGHOST_TEST_POSTGRES_URL GRAYGHOST_TEST_POSTGRES_DURABLE_URL ;;
*)
    say "usage: tools/test.sh all|fast [arguments of cargo test]"
    exit 2
    ;;
esac
shift

GRAYGHOST_SKIPPED_FILE=$(mktemp)
export GRAYGHOST_SKIPPED_FILE
trap 'rm -f "$GRAYGHOST_SKIPPED_FILE"' EXIT
status=0
cargo test --workspace --release --no-fail-fast "$@" || status=$?
summary
exit "$status"
