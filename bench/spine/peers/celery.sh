#!/usr/bin/env bash
# Celery (Python) on Redis: CPU of a no-op job, one JSON line.
#   JOBS=10000   how many
source "$(dirname "$0")/ground.sh"
jobs="${JOBS:-10000}" venv="$cache/celery-venv" wanted="$peers/celery/requirements.txt"

command -v redis-server >/dev/null 2>&1 || package redis-server
# The copy is written last, so that an installation that broke off is begun again.
if ! cmp -s "$wanted" "$venv/requirements.txt"; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || package python3-venv
    say "installing Celery into $venv"
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$wanted" >&2
    cp "$wanted" "$venv/requirements.txt"
fi

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
redis-server --bind 127.0.0.1 --port "$port" --save '' --appendonly no >"$cache/redis.log" 2>&1 &
redis_pid=$!
trap 'kill "$redis_pid"; wait "$redis_pid" 2>/dev/null || true' EXIT
export REDIS_URL="redis://127.0.0.1:$port/0" PYTHONWARNINGS=ignore
for _ in $(seq 50); do
    if redis-cli -p "$port" ping >/dev/null 2>&1; then break; fi
    sleep 0.1
done

cd "$peers/celery"
measure "celery $(sed -n 's/.*==//p' "$wanted")" "$jobs" "Redis without persistence, acknowledged before the run" \
    "$redis_pid" env PYTHONDONTWRITEBYTECODE=1 C_FORCE_ROOT=1 "$venv/bin/python" noop.py
