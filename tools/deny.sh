#!/usr/bin/env bash
# Licences, sources and known holes of the dependencies (deny.toml). cargo-deny takes minutes to build, so it is
# asked for and not installed behind one's back.
set -euo pipefail
cd "$(dirname "$0")/.."
if command -v cargo-deny >/dev/null 2>&1; then
    exec cargo deny check
fi
echo "deny: skipped, cargo-deny is missing; install it with: cargo install --locked cargo-deny" >&2
