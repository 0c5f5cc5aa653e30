# make demo | make test | make check | make setup; everything stays inside this folder.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv pip
args ?=
# Where it is set, each of some hundred processes would compile dbt again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo test test-long docs sweep-clients torture bench-capture bench-warehouse bench-app check audit format lock screenshots
.DEFAULT_GOAL := setup

setup: .venv/.ready

# uv comes from the same lock as everything else; the system's Python is only asked for a .venv.
.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "inkledger needs Python 3.11 or newer: make setup PYTHON=/path/to/python3" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check \
		"$$(sed -n 's/^\(uv==[0-9.]*\).*/\1/p' requirements.lock)"
	@$(UV) sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@cd dbt_project && ../$(BIN)/dbt --quiet parse --no-partial-parse --target duckdb
	@touch $@

demo: setup
	@$(BIN)/inkledger demo $(args)

# The clients of others have an environment of their own: openai 2.x cannot live beside 3.x. Without
# that of the FOCUS validator one test is left out; where there is no Python 3.12, CI does, too. Tests
# wait a third of their time, for kills and timeouts; files with few but long ones must not be last.
test: setup .venv-clients/.ready .venv-docs/.ready
	-@$(MAKE) --no-print-directory .venv-focus/.ready
	@$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder $(args)

# Every test, those too of which `make test` runs a third.
test-long:
	@$(MAKE) --no-print-directory test args="--long $(args)"

# The documentation site, in .site/html; `make test` builds it, too.
docs: setup .venv-docs/.ready
	@$(BIN)/python -m manual.build

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint dbt_project

# Known vulnerabilities of what is locked. Where the service cannot be asked, it says so and passes.
audit: setup
	@$(BIN)/python -m tests.audit $(args)

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Universal, hash-pinned, without comments: nothing in it names where packages came from.
lock: setup
	$(UV) compile --quiet --upgrade --universal --generate-hashes --all-extras \
		--no-header --no-annotate --no-emit-index-url pyproject.toml --output-file requirements.lock
	$(UV) compile --quiet --upgrade --universal --generate-hashes \
		--no-header --no-annotate --no-emit-index-url bench/peers.in --output-file bench/peers.lock
	$(UV) compile --quiet --upgrade --universal --generate-hashes \
		--no-header --no-annotate --no-emit-index-url tests/clients/clients.in \
		--output-file tests/clients/clients.lock
	$(UV) compile --quiet --upgrade --universal --generate-hashes \
		--no-header --no-annotate --no-emit-index-url manual/site.in --output-file manual/site.lock
	$(UV) compile --quiet --upgrade --universal --generate-hashes --python-version 3.12 \
		--no-header --no-annotate --no-emit-index-url tests/focus/validator.in \
		--output-file tests/focus/validator.lock

# The clients of others in the versions that docs/recording.md names, each in its own environment.
sweep-clients: setup
	@$(BIN)/python -m tests.clients.sweep $(args)

# Three hundred kills at random instants and twenty random histories in random builds; `make test`
# samples twenty and one.
torture: setup
	@$(BIN)/pytest tests/torture -s --kills 300 $(args)
	@$(BIN)/pytest tests/warehouse/test_incremental.py -n 2 --histories 20 $(args)

# What recording costs beside its peers, which have an environment of their own.
bench-capture: .venv-bench/.ready
	@.venv-bench/bin/python bench/capture.py $(args)

# What landing and building cost, beside DuckDB itself, pydantic and dlt.
bench-warehouse: setup .venv-bench/.ready
	@PYTHONPATH=. $(BIN)/python bench/warehouse.py $(args)

# What the dashboard costs on ten million attempts, in a real browser, beside its bare questions.
bench-app: setup
	@$(BIN)/python -m bench.app $(args)

.venv-bench/.ready: bench/peers.lock .venv/.ready
	@$(BIN)/uv venv --quiet --allow-existing .venv-bench
	@$(UV) sync --quiet --python .venv-bench/bin/python --require-hashes bench/peers.lock
	@touch $@

.venv-clients/.ready: tests/clients/clients.lock .venv/.ready
	@$(BIN)/uv venv --quiet --allow-existing .venv-clients
	@$(UV) sync --quiet --python .venv-clients/bin/python --require-hashes tests/clients/clients.lock
	@touch $@

# dbt-core and zensical want different versions of pathspec.
.venv-docs/.ready: manual/site.lock .venv/.ready
	@$(BIN)/uv venv --quiet --allow-existing .venv-docs
	@$(UV) sync --quiet --python .venv-docs/bin/python --require-hashes manual/site.lock
	@touch $@

# For one test of examples/schedules; `make test` leaves it out, for it brings in thirty packages.
.venv-dagster/.ready: .venv/.ready
	@$(BIN)/uv venv --quiet --allow-existing .venv-dagster
	@$(UV) install --quiet --python .venv-dagster/bin/python 'dagster>=1.13,<2'
	@touch $@

# pyenv's python3.12 runs only where its version is chosen.
.venv-focus/.ready: tests/focus/validator.lock .venv/.ready
	@PYENV_VERSION=3.12 $(BIN)/uv venv --quiet --allow-existing --python 3.12 .venv-focus
	@$(UV) sync --quiet --python .venv-focus/bin/python --require-hashes tests/focus/validator.lock
	@touch $@

screenshots: setup
	@$(BIN)/pytest tests/browser/test_pages.py --screenshots docs/screenshots
