# Start with `make run` and `make test`. `make help` lists the other targets.

PYTHON ?= python3
BIN := .venv/bin
UV := 0.13.9
FAST_TESTS := tests/unit tests/properties tests/architecture
LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header \
	--no-emit-index-url --python-version 3.11 $(LOCKS)

.PHONY: help run test test-fast check check-system lint types layers bench chaos locks clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: .venv/run  ## set up and run everything; Ctrl-C stops it
	@exec $(BIN)/python -m deploy.run

test: .venv/dev  ## set up and run all tests
	$(BIN)/pytest

test-fast: .venv/dev  ## run the tests that need no server, in less than 30 seconds
	$(BIN)/pytest -q --disable-socket --hypothesis-profile=fast $(FAST_TESTS)

check: lint types layers test  ## run what CI runs: lint, types, import contracts, tests

check-system: .venv/system  ## run the tests that need Debian's packages, and install those that may be installed
	$(BIN)/python -m tests.system.debian
	$(BIN)/pytest tests/system

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev
	$(BIN)/mypy

layers: .venv/dev
	$(BIN)/lint-imports

bench: .venv/dev  ## measure, and print a table
	$(BIN)/python -m tests.bench

chaos: .venv/dev  ## inject faults at random, check that nothing is lost; CHAOS="--seed 1 --minutes 3"
	$(BIN)/python -m tests.chaos $(CHAOS)

locks: .venv/dev  ## pin the dependencies of setup.cfg; LOCKS=--upgrade for the newest versions
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	$(LOCK) --extra run -o deploy/requirements.lock setup.cfg
	$(LOCK) --extra run --extra dev -o deploy/requirements-dev.lock setup.cfg
	$(LOCK) --extra run --extra dev --extra system -o deploy/requirements-system.lock setup.cfg

clean:  ## remove what make has created, except the data in var/
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/run: deploy/requirements.lock setup.cfg
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: .venv/run deploy/requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements-dev.lock
	@touch $@

.venv/system: .venv/dev deploy/requirements-system.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements-system.lock
	@touch $@
