# One command to run it (make run), one to test it (make test). `make help` lists the rest.
SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
# The newest supported interpreter that has venv and pip in it; set PYTHON=... to choose.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
# Processes that share the tests out: two more than there are processors, as many tests wait.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1) + 2)
UV_VERSION := 0.13.9
export UV_LINK_MODE := copy

.PHONY: help install run secrets test test-fast test-airflow check mutants mutate-core prove bench bench-quick hooks licences pictures pins clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: $(VENV)/.installed ## create .venv from the pins

# --no-deps: the pins are complete, and pip stumbles over an extra of a pinned package.
# --no-build-isolation: the build backend is the pinned one, too.
$(VENV)/.installed: requirements-dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 or newer with venv and ensurepip on PATH; set PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "==> installing $$(grep -c == requirements-dev.txt) packages into $(VENV) with $$($(PYTHON) --version), once (a minute or two)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/uv --version 2>/dev/null | grep -q ' $(UV_VERSION) ' || $(BIN)/pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install -q --compile-bytecode --no-deps --require-hashes -r requirements-dev.txt \
	  || $(BIN)/pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.txt
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install -q --no-deps --no-build-isolation -e . \
	  || $(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: install ## start the whole system here, until Ctrl-C; ONCE=1 ends after the runs; DIALECT=entities: a customer tenant; SCHEMA=maintenance: another FibreFlow
	@exec $(BIN)/python -m dev.demo.run

secrets: install ## write the secrets of docker compose into secrets/, from .env and at random
	@$(BIN)/python -m dev.compose.secret_files

# Compiled tests and modules are kept: each of some hundred processes would compile them anew.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest
# Groups stay together on one worker and begin in the order of tests/grouping.py.
PARALLEL := -n $(WORKERS) --dist loadscope --no-loadscope-reorder

test: install ## run all tests; ARGS="-k name" selects some
	@$(PYTEST) $(PARALLEL) $(ARGS)

test-fast: install ## run the tests that need neither Airflow nor a browser
	@$(PYTEST) $(PARALLEL) -m "not airflow and not browser" $(ARGS)

VERSION ?= 3.2.2
test-airflow: install ## run the tests that matter with another Airflow: VERSION=3.2.2, PYTHON=/path/to/python3.12; ARGS="..."
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m dev.airflow.releases $(VERSION) $(PYTHON) $(ARGS)

check: install ## lint, format, types, import rules, spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell --skip='requirements*.txt,*.egg-info,build,dist' .

# What has a short form in `make test` (tests/depth.py).
PROVEN := tests/proof tests/integration/kills tests/deployment tests/integration/lineage \
  tests/integration/alerts/test_month.py \
  tests/integration/dashboard/test_dashboard_taking_over.py \
  tests/integration/dashboard/test_dashboard_accessibility.py \
  tests/integration/fibreflow/test_query_plans.py tests/unit/config

prove: install ## run stories for PROVE_MINUTES (10), a hundred kills, a crash at every step, the whole fleet, a large takeover, axe on every address; rewrites the crash matrix
	@PROOF=deep $(PYTEST) -q $(PROVEN) $(ARGS)

mutants: install ## apply every listed defect; the tests must fail; ARGS="NAME" selects some
	@$(BIN)/python -m tests.mutants.catch $(ARGS)

mutate-core: install ## break core/ in every small way with mutmut (half an hour); ARGS="PATTERN" selects some
	@$(BIN)/python -m tests.mutants.mutate_core $(ARGS)

# As above: an installed package is compiled, and what is measured must be, too.
BENCH := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m tests.benchmarks
bench: install ## measure every goal into docs/benchmarks.md (an hour); ARGS="--goal 8" selects some
	@$(BENCH) $(ARGS)

bench-quick: install ## measure the same at small sizes
	@$(BENCH) --quick $(ARGS)

hooks: install ## run the checks before each git commit
	@$(BIN)/pre-commit install

licences: install ## write docs/licences.md from the installed pins
	@$(BIN)/python -m dev.pages.licences

pictures: install ## take the pictures of the dashboard for docs/ again
	@PICTURES=1 $(PYTEST) -q tests/integration/dashboard/test_dashboard_pictures.py

COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes -q --custom-compile-command "make pins"
pins: install ## compile requirements.in and requirements-dev.in into their .txt
	$(COMPILE) requirements.in -o requirements.txt
	$(COMPILE) requirements-dev.in -o requirements-dev.txt

clean: ## remove everything that was installed and started here
	@test ! -x $(BIN)/python || $(BIN)/python -m dev.demo.clean
	@test ! -x $(BIN)/pre-commit || ! git rev-parse --git-dir >/dev/null 2>&1 || $(BIN)/pre-commit uninstall
	rm -rf $(VENV) .venvs *.egg-info build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
