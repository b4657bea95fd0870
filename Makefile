# Start with `make run` and `make test`. `make help` lists the other targets.

PYTHON ?= python3
BIN := .venv/bin
UV := 0.13.9
REQUIRE_PYTHON := import sys; sys.exit(sys.version_info < (3, 11))
NEED_PYTHON = "$(PYTHON)" is no Python 3.11 or newer. Install one and name it: make $(or $(MAKECMDGOALS),run) PYTHON=python3.11
NEED_VENV = "$(PYTHON)" cannot make an environment. On Debian and Ubuntu, install python3-venv.
# One process more than cores: tests wait for servers for a third of their time. The tests of one file
# stay together, as they share servers.
PARALLEL = --numprocesses $$(( $$(getconf _NPROCESSORS_ONLN) + 1 )) --dist loadfile --no-loadscope-reorder
FAST_TESTS := tests/unit tests/properties tests/architecture
LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header \
	--no-emit-index-url --python-version 3.11 $(LOCKS)
PEERS := $(addprefix tests/bench/race/requirements/,dlt singer receivers)

.PHONY: help run test test-fast check check-system lint types layers bench race chaos prove mutate locks licences sbom \
	audit surface reset clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: .venv/run  ## set up and run everything; Ctrl-C stops it
	@exec $(BIN)/python -I -m deploy.run

test: .venv/dev  ## set up and run all tests, in random order
	$(BIN)/pytest $(PARALLEL)

test-fast: .venv/dev  ## run the quick tests, which need no server
	$(BIN)/pytest -q -m 'not slow' --disable-socket --allow-unix-socket --hypothesis-profile=fast $(PARALLEL) $(FAST_TESTS)

check: lint types layers test  ## run lint, types, import contracts, tests; CI runs it first

check-system: .venv/system .venv/dbt/bin/dbt .venv/postgres-servers/node_modules/.package-lock.json  ## run the tests that need Debian's packages; CI runs it too
	$(BIN)/python -m tests.system.debian
	$(BIN)/pytest $(PARALLEL) tests/system

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev
	$(BIN)/mypy

layers: .venv/dev
	$(BIN)/lint-imports

bench: .venv/dev  ## measure, and print a table
	$(BIN)/python -m tests.bench

race: .venv/dev  ## measure the bridge and its peers by turns; RACE="--rounds 1"
	$(BIN)/python -m tests.bench.race $(RACE)

chaos: .venv/dev  ## inject faults, see that nothing is lost; CHAOS="--minutes 3"
	$(BIN)/python -m tests.chaos $(CHAOS)

prove: .venv/dev  ## run the long proofs, half an hour and more; as root
	$(BIN)/python -m tests.prove

mutate: .venv/mutate  ## make harmful changes, print which no test notices; SEED=1
	$(BIN)/pytest -q tests/mutation
	$(BIN)/python -m tests.mutation $(if $(ROOM),--room $(ROOM)) $(if $(SEED),--seed $(SEED)) $(if $(MUTANTS),--mutants $(MUTANTS))

locks: .venv/dev  ## pin the dependencies; LOCKS=--upgrade for the newest
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	$(LOCK) --extra run -o deploy/requirements.lock setup.cfg
	$(LOCK) --extra run --extra otel -o deploy/requirements-otel.lock setup.cfg
	$(LOCK) --extra run --extra dev -o deploy/requirements-dev.lock setup.cfg
	$(LOCK) --extra run --extra dev --extra otel --extra system -o deploy/requirements-system.lock setup.cfg
	$(LOCK) --extra run --extra dev --extra mutate -o deploy/requirements-mutate.lock setup.cfg
	$(LOCK) -o deploy/requirements-supply.lock deploy/requirements-supply.in
	$(LOCK) --no-strip-extras -o deploy/dbt/requirements.lock deploy/dbt/requirements.in
	for peers in $(PEERS); do $(LOCK) -o $$peers.lock $$peers.in || exit 1; done

licences: .venv/run .venv/supply/bin/pip-licenses  ## write the licences of packages to deploy/docs/licences.md
	sed -i '/^| Name  /,$$d' deploy/docs/licences.md
	.venv/supply/bin/pip-licenses --python=$(BIN)/python --from=mixed --with-system --format=markdown --packages \
		$$(sed -n 's/^\([a-z0-9-]*\)==.*/\1/p' deploy/requirements.lock) >> deploy/docs/licences.md

sbom: .venv/supply/bin/pip-licenses  ## write a bill of materials to var/sbom.json, as CycloneDX
	mkdir -p var
	.venv/supply/bin/cyclonedx-py requirements --output-reproducible --output-file var/sbom.json deploy/requirements.lock

audit: .venv/supply/bin/pip-licenses  ## ask PyPI for known vulnerabilities of the pinned packages
	.venv/supply/bin/pip-audit --strict --disable-pip --require-hashes --requirement deploy/requirements.lock

surface: .venv/dev  ## add new names to deploy/docs/surface.toml
	$(BIN)/python -m tests.support.surface

reset:  ## delete the data of the sandbox, and no others
	@test ! -e var/run.lock || flock --nonblock var/run.lock true || { echo "The bridge runs. Stop it first." >&2; exit 1; }
	rm -rf -- "$$(readlink -m var/sandbox/postgres)" var/sandbox

clean:  ## remove what make has created, except the data in var/
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# What stays of a failed attempt would be taken for an environment by the next one.
.venv/run: deploy/requirements.lock setup.cfg
	@test -x $(BIN)/python || $(PYTHON) -c '$(REQUIRE_PYTHON)' || { echo "$(NEED_PYTHON)" >&2; exit 1; }
	@test ! -x $(BIN)/python || $(BIN)/python -c '$(REQUIRE_PYTHON)' || \
		{ echo "The Python of .venv is too old. Remove it with: make clean" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; echo "$(NEED_VENV)" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: .venv/run deploy/requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements-dev.lock
	@touch $@

.venv/system: .venv/dev deploy/requirements-system.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements-system.lock
	@touch $@

# dbt needs other versions of what we use.
.venv/dbt/bin/dbt: .venv/run deploy/dbt/requirements.lock
	$(BIN)/python -m venv .venv/dbt
	.venv/dbt/bin/pip install --quiet --disable-pip-version-check --require-hashes -r deploy/dbt/requirements.lock
	@touch $@

# These need other versions of what we use.
.venv/supply/bin/pip-licenses: .venv/run deploy/requirements-supply.lock
	$(BIN)/python -m venv .venv/supply
	.venv/supply/bin/pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements-supply.lock
	@touch $@

# Without npm, or offline, the tests of these versions are listed as not run.
.venv/postgres-servers/node_modules/.package-lock.json: tests/system/postgres_servers/package-lock.json
	mkdir -p .venv/postgres-servers
	cp tests/system/postgres_servers/*.json .venv/postgres-servers
	-cd .venv/postgres-servers && npm ci --ignore-scripts --no-audit --no-fund

.venv/mutate: .venv/dev deploy/requirements-mutate.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements-mutate.lock
	@touch $@
