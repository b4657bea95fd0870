# Two commands for newcomers: `make run` and `make test`. `make help` lists the rest.

PYTHON ?= python3
BIN := .venv/bin
UV := 0.13.9
LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header \
	--no-emit-index-url --python-version 3.11 $(LOCKS)

.PHONY: help run test check lint types layers bench chaos locks clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

run: .venv/run  ## set up everything and run it; Ctrl-C stops all
	@exec $(BIN)/python -m deploy.run

test: .venv/dev  ## set up everything and run the tests
	$(BIN)/pytest

check: lint types layers test  ## what CI runs: lint, types, import contracts, tests

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev
	$(BIN)/mypy

layers: .venv/dev
	$(BIN)/lint-imports

bench: .venv/dev  ## measure, and print a table with the machine
	$(BIN)/python -m tests.bench

chaos: .venv/dev  ## kill everything at random, show that nothing is lost; CHAOS="--seed 1 --minutes 3"
	$(BIN)/python -m tests.chaos $(CHAOS)

locks: .venv/dev  ## pin anew what setup.cfg allows, keeping what is pinned; LOCKS=--upgrade for the newest
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	$(LOCK) --extra run -o deploy/requirements.lock setup.cfg
	$(LOCK) --extra run --extra dev -o deploy/requirements-dev.lock setup.cfg

clean:  ## remove what `make` made, except the data under var/
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/run: deploy/requirements.lock setup.cfg
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: .venv/run deploy/requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements-dev.lock
	@touch $@
