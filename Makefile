# Every command of the project; `make` lists them. CI runs these targets and nothing else.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Without bytecode every process compiles every import again: 5 s a tool instead of 2.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPATH := $(CURDIR)
export DO_NOT_TRACK := true

.PHONY: help
help: ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

.PHONY: setup
setup: $(READY) ## Create .venv and install requirements.lock (only when it changed)

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v == (3, 11) else f"Tessera needs Python 3.11; {sys.executable} is {v[0]}.{v[1]}. Say which to use: make PYTHON=/path/to/python3.11")'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "This Python cannot make virtual environments. Install its venv module (Debian: apt-get install python3.11-venv) and run make again."; exit 1; }
	@echo "Creating $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@awk '/^uv==/ {p=1} p {print} p && !/\\$$/ {exit}' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(VENV)/uv.lock
	@echo "Installing requirements.lock"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@echo "Compiling bytecode"
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null || true
	@touch $@

.PHONY: demo
demo: $(READY) ## The whole job on real data: extracts in; segments, scores and audiences out
	@$(BIN)/python -m include.demo.morning

.PHONY: test
test: $(READY) ## All tests but the slow ones
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow"

.PHONY: test-slow
test-slow: $(READY) ## The benchmarks and the fault suite, each at its small size
	@$(BIN)/python -m pytest -m slow

.PHONY: lint
lint: $(READY) ## ruff, mypy, import-linter, sqlfluff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint dbt_project --processes 2 --disable-progress-bar

.PHONY: format
format: $(READY) ## Let the formatters write
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix dbt_project --disable-progress-bar

.PHONY: bench-landing
bench-landing: $(READY) ## Landing beside DuckDB's bare readers; figures in the home's benchmarks/ (SCALE=small: a minute)
	@$(BIN)/python -m tests.benchmarks.landing

.PHONY: synthetic
synthetic: $(READY) ## A synthetic company, labelled, with its truth: make synthetic OUT=FOLDER [CUSTOMERS=100000]
	@$(BIN)/python -m include.demo.synthetic --customers $(or $(CUSTOMERS),100000) --out $(or $(OUT),var/synthetic/landing)

.PHONY: bench-marts
bench-marts: $(READY) ## dbt beside a script by hand, Polars, pandas, Spark; one more day (SCALE=small, or a number of customers)
	@$(BIN)/python -m tests.benchmarks.marts

.PHONY: faults-landing
faults-landing: $(READY) ## Kill, cut, flip and flood landing; figures in the home's benchmarks/ (SCALE=small: a minute)
	@$(BIN)/python -m tests.faults.landing

.PHONY: bench-segments
bench-segments: $(READY) ## Segments beside K-means, HDBSCAN and planted truth; figures in the home's benchmarks/ (SCALE=small: a minute)
	@$(BIN)/python -m tests.benchmarks.segments

.PHONY: airflow
airflow: $(READY) ## Airflow's four processes on 127.0.0.1; Ctrl-C stops them
	@$(BIN)/python -m include.services airflow

.PHONY: mlflow
mlflow: $(READY) ## MLflow's pages on 127.0.0.1
	@$(BIN)/python -m include.services mlflow

.PHONY: docs
docs: $(READY) ## Write dbt docs beside the gates' Data Docs, self-contained, and serve both with the reports
	@$(BIN)/python -m include.transform
	@$(BIN)/python -m include.services docs

.PHONY: up
up: ## The stack in containers (needs Docker, and a filled-in .env)
	docker compose up --detach --build --wait

.PHONY: down
down: ## Stop the containers; volumes stay
	docker compose down

.PHONY: lock
lock: $(READY) ## Resolve requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --all-extras --generate-hashes --no-emit-index-url \
	  --python-version 3.11 --python-platform x86_64-manylinux_2_28 --quiet \
	  --custom-compile-command "make lock" --output-file requirements.lock

.PHONY: clean
clean: ## Remove what runs and tools left behind, var/ included; keep .venv
	rm -rf var dbt_project/target dbt_project/logs .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
