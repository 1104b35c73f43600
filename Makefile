# What one does here. Each verb is a line or two; logic lives in tools/ and in the binary.

# A Rust that tools/setup.sh has just installed is not on the caller's path yet.
export PATH := $(HOME)/.cargo/bin:$(PATH)
# Tests that ask other readers take this Python; tools/setup.sh makes it.
export GRAYGHOST_PYTHON ?= $(or $(GRAYGHOST_CACHE),$(HOME)/.cache/grayghost)/venv/bin/python
target := $(or $(CARGO_TARGET_DIR),target)

.PHONY: help run test check bench-lake bench-resolve services
help: ## lists these verbs
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile

run: ## builds the binary and runs the demo in demo-shop/
	tools/setup.sh build
	cargo build --release
	$(target)/release/grayghost demo --dir demo-shop

test: ## runs all tests, in the release profile (docs/adr/0005-tests-in-release.md)
	tools/setup.sh test
	cargo test --workspace --release --no-fail-fast

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

services: ## starts what the tests need beside the binary
	@echo "nothing to start: the embedded defaults are enough"
