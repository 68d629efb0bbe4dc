# Everything a developer does here. Local tools only: the virtual environment and node_modules.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
# A stamp lies in what it certifies, so that removing the one removes the other.
PYTHON_STAMP := .venv/stamp-python
PACKAGE_STAMP := .venv/stamp-package
KERNEL_STAMP := .venv/stamp-kernel
NODE_STAMP := node_modules/stamp
CONTRACTS_NODE_STAMP := contracts/node_modules/stamp
CONTRACTS_STAMP := contracts/out/stamp
KERNEL := proofs/native
# Found when a recipe runs, not when this file is read: `npm ci` may come between.
FORGE = $$(command -v "$(CURDIR)/node_modules/.bin/forge" || echo forge)
HAS_CARGO = cargo --version >/dev/null 2>&1

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 14

# Setting up ------------------------------------------------------------------------------------

.PHONY: setup
setup: $(PACKAGE_STAMP) $(NODE_STAMP) $(CONTRACTS_STAMP) kernel ## install what is locked and build what is compiled; seconds when up to date

$(PYTHON_STAMP): requirements.lock
	@echo "python: installing the locked packages into .venv"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(PACKAGE_STAMP): $(PYTHON_STAMP) pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(NODE_STAMP): package.json package-lock.json
	@echo "node: installing the locked packages"
	@npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

$(CONTRACTS_NODE_STAMP): contracts/package.json contracts/package-lock.json
	@cd contracts && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

$(CONTRACTS_STAMP): $(NODE_STAMP) $(CONTRACTS_NODE_STAMP) contracts/foundry.toml contracts/bin/solc $(shell find contracts/src contracts/script -name '*.sol' 2>/dev/null)
	@echo "contracts: compiling"
	@cd contracts && "$(FORGE)" build --quiet
	@mkdir -p $(@D) && touch $@

# Without Rust everything still runs, slower. HENGSUAN_REQUIRE_KERNEL=1 makes a missing kernel an error.
.PHONY: kernel
kernel: $(PACKAGE_STAMP)
	@if ! $(HAS_CARGO); then \
	  $(BIN)/python -c 'import hengsuan_native' 2>/dev/null || \
	  echo "kernel: no working Rust toolchain (cargo) found, so proofs use the slower py_ecc backend"; \
	  test -z "$${HENGSUAN_REQUIRE_KERNEL:-}"; \
	elif ! $(MAKE) --silent --no-print-directory $(KERNEL_STAMP); then \
	  echo "kernel: it could not be built (see above), so proofs use the slower py_ecc backend"; \
	  test -z "$${HENGSUAN_REQUIRE_KERNEL:-}"; \
	fi

$(KERNEL_STAMP): $(PYTHON_STAMP) $(shell find $(KERNEL) -path '*/target' -prune -o -type f \( -name '*.rs' -o -name '*.toml' -o -name Cargo.lock \) -print 2>/dev/null)
	@echo "kernel: building the native kernel"
	@rm -rf var/wheels
	@$(BIN)/maturin build --quiet --release --locked --interpreter $(BIN)/python --manifest-path $(KERNEL)/Cargo.toml --out var/wheels
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-index --force-reinstall var/wheels/*.whl
	@touch $@

# Running ---------------------------------------------------------------------------------------

.PHONY: run
run: setup ## run the market with all parties and the main job, and serve until Ctrl-C
	@exec $(BIN)/python -m marketplace.platform.run

.PHONY: demo
demo: setup ## run the main job once; status 0 only if it is settled and the result agrees
	@exec $(BIN)/python -m marketplace.platform.run --demo

.PHONY: manage
manage: setup ## Django's command line with the servers up: make manage ARGS="shell"
	@exec $(BIN)/python -m marketplace.platform.services $(BIN)/python manage.py $(ARGS)

# Checking --------------------------------------------------------------------------------------

.PHONY: test
test: setup ## every test: Python, contracts, native kernel
	$(BIN)/pytest
	cd contracts && "$(FORGE)" test --gas-snapshot-check=true
	if $(HAS_CARGO); then cargo test --release --locked --manifest-path $(KERNEL)/Cargo.toml; fi

CHECKS := check-python check-types check-layers check-database check-api check-contracts check-gas check-kernel
.PHONY: check $(CHECKS)
check: $(CHECKS) ## formatting, lint, types, layers, migrations, API document; make -k check goes on after a failure

check-python: setup
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check .

check-types: setup
	$(BIN)/mypy

check-layers: setup
	$(BIN)/lint-imports

check-database: setup
	$(BIN)/python -m marketplace.platform.services $(BIN)/python manage.py makemigrations --check --dry-run

check-api: setup
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file var/openapi.yaml
	diff -u docs/openapi.yaml var/openapi.yaml || { echo "the API changed: run 'make openapi' and commit"; exit 1; }

check-contracts: setup
	cd contracts && "$(FORGE)" fmt --check

# The compiler is pinned and the tests have fixed inputs, so that the same code costs the same to the unit.
check-gas: setup
	cd contracts && "$(FORGE)" test --match-contract 'Gas.*Test' --gas-snapshot-check=true --gas-snapshot-emit=false

check-kernel: setup
	if $(HAS_CARGO); then cargo fmt --check --manifest-path $(KERNEL)/Cargo.toml; fi
	if $(HAS_CARGO); then cargo clippy --quiet --release --locked --all-targets --manifest-path $(KERNEL)/Cargo.toml -- -D warnings; fi

.PHONY: format
format: setup ## format Python, Solidity and Rust
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	cd contracts && "$(FORGE)" fmt
	if $(HAS_CARGO); then cargo fmt --manifest-path $(KERNEL)/Cargo.toml; fi

.PHONY: openapi
openapi: setup ## write docs/openapi.yaml anew
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

.PHONY: bench
bench: setup ## run the benchmarks of tests/bench
	@for script in tests/bench/bench_*.py; do echo "== $$script"; $(BIN)/python "$$script"; done

.PHONY: bench-market
bench-market: setup ## leases and admissions beside a bare PostgreSQL queue, matching rounds by size
	@$(BIN)/python tests/bench/bench_market.py

# Upkeep ----------------------------------------------------------------------------------------

.PHONY: lock
lock: $(PYTHON_STAMP) ## pin the newest allowed Python packages anew, with hashes
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 --all-extras --custom-compile-command "make lock" --output-file requirements.lock pyproject.toml

.PHONY: clean
clean: ## remove what was built and installed; keys and data of runs in var stay
	rm -rf .venv node_modules contracts/node_modules contracts/out contracts/cache $(KERNEL)/target var/static var/wheels .mypy_cache .ruff_cache .pytest_cache .hypothesis
