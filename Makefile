# What one does here. Each verb is a line or two; logic lives in tools/ and in the binary.

# A Rust that tools/setup.sh has just installed is not on the caller's path yet.
export PATH := $(HOME)/.cargo/bin:$(PATH)
# Tests that ask other readers take this Python; tools/setup.sh makes it.
export GRAYGHOST_PYTHON ?= $(or $(GRAYGHOST_CACHE),$(HOME)/.cache/grayghost)/venv/bin/python
# Servers that tests talk to; tools/setup.sh installs their packages.
export GRAYGHOST_TEST_SERVERS ?= $(or $(GRAYGHOST_CACHE),$(HOME)/.cache/grayghost)/servers
target := $(or $(CARGO_TARGET_DIR),target)

.PHONY: help run test test-fast check bench-lake bench-resolve bench-spine bench-api chaos-spine outage-spine tail-spine forget-spine services services-stop
help: ## lists these verbs
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile

run: ## builds the binary and runs the demo in demo-shop/
	tools/setup.sh build
	cargo build --release
	$(target)/release/grayghost demo --dir demo-shop

test: ## runs all tests, in the release profile (docs/adr/0005-tests-in-release.md), with PostgreSQL
	tools/setup.sh test
	tools/test.sh all

test-fast: ## the same without servers; counts the tests that it skips
	tools/setup.sh test
	tools/test.sh fast

check: ## format, lints, house rules, documents, licences
	tools/setup.sh build
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --release -- -D warnings
	cargo xtask arch
	cargo xtask docs
	tools/deny.sh

bench-lake: ## our lakehouse beside its peers
	tools/setup.sh build
	cargo build --release
	GRAYGHOST_BIN=$(target)/release/grayghost bench/lake/run.sh

bench-resolve: ## our entity resolution beside its peers
	tools/setup.sh build
	cargo build --release
	GRAYGHOST_BIN=$(target)/release/grayghost bench/resolve/run.sh

BACKEND ?= sqlite
KILLS ?= 1000
SEED ?= 7
chaos-spine: ## kills the spine's processes at random: BACKEND=sqlite|postgres KILLS=1000 SEED=7
	tools/setup.sh build
	cargo build --release -p trials
	tools/spine.sh chaos $(BACKEND) $(KILLS) $(SEED)

SECONDS ?= 60
outage-spine: ## takes PostgreSQL away under load: SECONDS=60
	tools/setup.sh build
	cargo build --release -p trials
	tools/spine.sh outage $(SECONDS)

EVENTS ?= 100000
tail-spine: ## a reader beside slow and killed writers on PostgreSQL: EVENTS=100000 SEED=7
	tools/setup.sh build
	cargo build --release -p trials
	tools/spine.sh tail $(EVENTS) $(SEED)

forget-spine: ## looks for an erased person in every byte of PostgreSQL's files
	tools/setup.sh build
	cargo build --release -p trials
	tools/spine.sh forget

bench-spine: ## what events and jobs cost, on both databases, jobs beside River and Celery
	tools/setup.sh build
	cargo build --release -p trials -p jobs --examples --bins
	tools/spine.sh bench

bench-api: ## what requests, logins and a start cost, beside FastAPI
	tools/setup.sh build
	cargo build --release
	GRAYGHOST_BIN=$(target)/release/grayghost bench/api/run.sh

services: ## starts what the tests need beside the binary: PostgreSQL
	tools/services.sh start
	@tools/services.sh status

services-stop: ## stops it
	tools/services.sh stop
