# Every target works on a fresh clone: it needs python3 (3.11 or newer) and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help setup run test lint plugin bench chaos format

help: ## what can be done here
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 10

setup: $(STAMP) ## creates .venv and installs the locked dependencies

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Tandem needs Python 3.11 or newer; set PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

run: setup ## starts everything with demo stores and a stand-in for Meta; Ctrl-C stops it
	@$(BIN)/tandem up --demo

test: setup ## runs all tests, PostgreSQL, Valkey, Node's libraries and a browser included
	@sh tests/peers/install.sh
	@$(BIN)/python -m pytest

lint: setup ## ruff, mypy and the import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

plugin: setup ## packs the WordPress plugin into dist/, the same bytes each time
	@$(BIN)/tandem plugin woocommerce --output dist/tandem-for-woocommerce.zip

chaos: setup ## kills everything at random for some minutes and counts what is lost; ARGS="--seed 7 --minutes 2"
	@$(BIN)/python -m tests.chaos $(ARGS)

bench: setup $(VENV)/.bench ## measures us against the bare and the usual way; PARTS=a,c and QUICK=1 make it shorter
	@$(BIN)/python -m bench $(if $(PARTS),--parts $(PARTS)) $(if $(QUICK),--quick)

$(VENV)/.bench: $(STAMP) requirements/bench.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

format: setup ## puts the code into shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
