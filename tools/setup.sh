#!/usr/bin/env bash
# Brings what a bare machine lacks.
#   tools/setup.sh build      compilers and Rust
#   tools/setup.sh test       the same, the Python readers that the interop test asks, the servers of tools/servers, and a browser
#   tools/setup.sh postgres   PostgreSQL, for tools/services.sh
#   tools/setup.sh wrk        the program that loads HTTP servers, for bench/api
# As root on Debian or Ubuntu it installs; anywhere else it says what to install and stops. Running it again costs nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }
can_install() { [ "$(id -u)" = 0 ] && has apt-get; }

# Installs Debian packages, or names them and stops.
packages() {
    if can_install; then
        say "installing $*"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq >&2
        apt-get install -qq --yes --no-install-recommends "$@" >&2
    else
        say "missing; install these packages (their Debian names), then run again: $*"
        exit 1
    fi
}

compilers() {
    local missing=()
    { has cc && has make; } || missing+=(build-essential)
    has cmake || missing+=(cmake)
    has pkg-config || missing+=(pkg-config)
    has git || missing+=(git)
    has python3 || missing+=(python3)
    [ ${#missing[@]} = 0 ] || packages "${missing[@]}"
}

# Debian's own cargo is too old; rustup reads rust-toolchain.toml and fetches exactly that version at first use.
rust() {
    export PATH="$HOME/.cargo/bin:$PATH"
    has cargo && return
    if can_install && apt-cache policy rustup | grep -q "Candidate: [0-9]"; then
        packages rustup
    elif can_install; then
        has curl || packages curl ca-certificates
        say "installing rustup"
        curl --proto '=https' --tlsv1.2 --silent --show-error --fail https://sh.rustup.rs |
            sh -s -- -y --quiet --profile minimal --default-toolchain none --no-modify-path >&2 || true
    fi
    has cargo && return
    say "Rust is missing; install it as https://rustup.rs says, then run again"
    exit 1
}

readers() {
    local venv="${GRAYGHOST_CACHE:-$HOME/.cache/grayghost}/venv" wanted=tools/requirements-test.txt
    # The copy is written last, so that an installation that broke off is begun again.
    cmp -s "$wanted" "$venv/requirements.txt" && return
    python3 -c 'import ensurepip, venv' 2>/dev/null || packages python3-venv
    say "installing the Python readers into $venv"
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$wanted"
    cp "$wanted" "$venv/requirements.txt"
}

# An OpenID provider, an SMTP server and what drives a browser, none of them ours. Without Node.js their tests are skipped, and counted.
servers() {
    local cache="${GRAYGHOST_CACHE:-$HOME/.cache/grayghost}/servers" locked=tools/servers/package-lock.json
    # The copy is written last, so that an installation that broke off is begun again.
    cmp -s "$locked" "$cache/installed.json" && return
    { has node && has npm; } || { ! can_install || packages nodejs npm; }
    if ! { has node && has npm; } || [ "$(node --version | sed 's/^v\([0-9]*\).*/\1/')" -lt 20 ]; then
        say "Node.js 20 or later is missing; tests that need tools/servers are skipped"
        return
    fi
    say "installing tools/servers into $cache"
    mkdir -p "$cache"
    cp tools/servers/package.json "$locked" "$cache"
    (cd "$cache" && npm ci --ignore-scripts --no-audit --no-fund --silent >&2)
    cp "$locked" "$cache/installed.json"
}

# For the page of signing in and GraphiQL. Without it their tests are skipped, and counted.
browser() {
    has chromium || has google-chrome || ! can_install || packages chromium
}

# Debian would start a server for everybody as it installs; the folder of settings is the way it offers to say no. What
# the machine's owner installs later is not our business: the word is taken back.
postgres() {
    local no=/etc/postgresql-common/createcluster.d/grayghost.conf
    if can_install; then
        mkdir -p "$(dirname "$no")"
        trap 'rm -f '"$no" EXIT
        echo "create_main_cluster = false" >"$no"
    fi
    packages postgresql
}

case "${1:-}" in
build)
    compilers
    rust
    ;;
test)
    compilers
    rust
    readers
    servers
    browser
    ;;
postgres)
    postgres
    ;;
wrk)
    packages wrk
    ;;
*)
    say "usage: tools/setup.sh build|test|postgres|wrk"
    exit 2
    ;;
esac
