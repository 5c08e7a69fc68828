# Everything sets itself up in .venv, .demo and .test, inside this folder.

SHELL = /bin/sh
RUN = .venv/bin/python
PREPARE = make/prepare.sh
CODE = qbo_sync accounts invoices mapping integrations qbo_simulator benchmarks tests make manage.py
TEMPLATES = $(wildcard templates accounts/templates mapping/templates integrations/templates invoices/templates)
PORT ?= 8000
SIMULATOR_PORT ?= 8010
LOAD ?=
JOBS ?= 2
ARGS ?=
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV DJANGO_SETTINGS_MODULE
export PYTHONDONTWRITEBYTECODE =
# By the environment, so that a folder's name may hold what a shell would take apart.
export PORT SIMULATOR_PORT LOAD

.DEFAULT_GOAL = help
.PHONY: help demo demo-reset test bench lint types contracts checks fix lock

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name what; do printf '  make %-12s %s\n' "$$name" "$$what"; done

demo: ## Start everything with example data and print where to sign in (PORT=8000 SIMULATOR_PORT=8010 LOAD=folder)
	@$(PREPARE) requirements.txt
	@exec $(RUN) -m qbo_sync.demo

demo-reset: ## Forget the demo's data; the next `make demo` starts over
	@$(PREPARE) requirements.txt
	@$(RUN) -m qbo_sync.demo --reset

test: .venv-dev ## Check everything and run all tests, the browser's included
	@make/test.sh -n $(JOBS) --dist worksteal $(ARGS)

bench: .venv-dev ## Measure import, mapping and screens against the floor (docs/ gets the picture)
	@MPLCONFIGDIR=.venv/matplotlib $(RUN) -m benchmarks $(ARGS)

lint: .venv-dev ## Check style and templates
	@$(RUN) -m ruff check --quiet $(CODE)
	@$(RUN) -m ruff format --quiet --check $(CODE) || { echo "Not formatted; run: make fix" >&2; exit 1; }
	@$(RUN) -m djlint --lint --quiet $(TEMPLATES)

types: .venv-dev ## Check types
	@DEBUG=1 $(RUN) -m mypy

contracts: .venv-dev ## Check which part may import which
	@.venv/bin/lint-imports --no-logo

checks: .venv-dev ## Check that migrations are complete and that production settings are safe
	@$(RUN) -m make.checks

fix: .venv-dev ## Mend what can be mended by itself
	@$(RUN) -m ruff check --fix --quiet $(CODE) || true
	@$(RUN) -m ruff format --quiet $(CODE)

lock: .venv-dev ## Choose the newest packages that fit requirements*.in, and lock them with hashes
	@make/lock.sh

.PHONY: .venv-dev
.venv-dev:
	@$(PREPARE) requirements-dev.txt
