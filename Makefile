# Everything a newcomer needs: `make demo` and `make test`. Each sets up what it lacks, once, inside this checkout.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=
# The tests of a file run one after the other, those of two files side by side, in the order of the folders: long files have few tests.
SHARED := --numprocesses 2 --dist loadfile --no-loadscope-reorder

RUST_SOURCES   := Cargo.toml Cargo.lock $(shell find rust_core -name '*.rs' -o -name Cargo.toml)
PYTHON_SOURCES := pyproject.toml README.md $(shell find pyproxy -name '*.py' -o -name '*.pyi' -o -name '*.html')
SAY            := @printf '\033[1m==>\033[0m %s\n'

.PHONY: demo test test-reload test-disconnects test-pairs test-failover test-clients lint format docs typecheck unit test-rust scene bench bench-core bench-engine bench-observe bench-load lock wheel clean help
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## the sidecar over a mock provider; ARGS=--once plays a scripted scene
	@$(BIN)/pyproxy demo $(ARGS)

test: lint typecheck test-rust unit ## every check and every test

lint: $(VENV)/.dev $(VENV)/.installed ## formatting, lints and the import rules
	$(SAY) "lint"
	@cargo fmt --all --check
	@cargo clippy --quiet --profile checks --workspace --all-targets --locked -- -D warnings
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/lint-imports --no-logo

typecheck: $(VENV)/.dev $(VENV)/.installed ## mypy, strict
	$(SAY) "mypy"
	@$(BIN)/mypy --no-error-summary

test-rust: ## the crates' own tests
	$(SAY) "cargo test"
	@cargo test --quiet --profile checks --locked --package rust_core --package rust_core_native --package load_bench

unit: $(VENV)/.dev $(VENV)/.installed ## the Python tests, against the installed wheel
	$(SAY) "pytest"
	@$(BIN)/pytest $(SHARED) $(ARGS)

test-reload: $(VENV)/.dev $(VENV)/.installed ## 1,000 reloads while 200 streams run; a minute or two
	$(SAY) "1,000 reloads under load"
	@RELOADS=1000 STREAMS=200 $(BIN)/pytest -s tests/scenarios/test_reload_under_load.py

test-disconnects: $(VENV)/.dev $(VENV)/.installed ## 10,000 clients that leave at random moments; about a minute
	$(SAY) "10,000 disconnects"
	@DISCONNECTS=10000 $(BIN)/pytest -s tests/scenarios/test_disconnects.py

test-pairs: $(VENV)/.dev $(VENV)/.installed ## 2,000 plans of requests, faults and leavings over both ways of moving bytes; some minutes
	$(SAY) "2,000 plans over both pairs"
	@PAIRS=2000 $(BIN)/pytest tests/pairs

test-failover: $(VENV)/.dev $(VENV)/.installed ## Failover Bench's sixteen faults with the waits it publishes; about eight minutes
	$(SAY) "Failover Bench, in full"
	@FAILOVER_BENCH=full $(BIN)/pytest tests/scenarios/test_failover_bench.py

test-clients: $(VENV)/.dev $(VENV)/.installed ## real clients in environments of their own, which the first run installs, SDKs' own tests, and litellm's translations beside ours; some minutes
	$(SAY) "real clients"
	@CLIENTS=$${CLIENTS:-all} $(BIN)/pytest tests/clients/apart tests/clients/test_clients_page.py

scene: $(VENV)/.installed ## the scripted scene alone
	@$(BIN)/pyproxy demo --once

bench: bench-core bench-engine bench-observe bench-load ## all benchmarks, as tables

bench-core: $(VENV)/.dev $(VENV)/.installed ## the core beside what a Rust or a Python program would use instead
	$(SAY) "criterion, a minute or two"
	@rm -rf target/criterion
	@cargo bench --quiet --locked --package core_benches -- --noplot --quiet --warm-up-time 0.5 --measurement-time 1 >/dev/null
	@$(BIN)/python benches/core/bench_core.py --criterion target/criterion $(ARGS)

bench-engine: $(VENV)/.dev $(VENV)/.installed ## what deciding costs a request
	@$(BIN)/python benches/core/bench_engine.py $(ARGS)

bench-observe: $(VENV)/.dev $(VENV)/.installed ## what it costs a request to be counted
	@$(BIN)/python benches/core/bench_observe.py $(ARGS)

bench-load: $(VENV)/.dev $(VENV)/.installed ## the proxy beside nginx, other gateways and no proxy; ARGS=--quick takes a minute instead of six
	@PYTHONPATH=tests $(BIN)/python benches/load/bench_load.py $(ARGS)

format: $(VENV)/.dev ## rewrite the sources in the house's format
	@cargo fmt --all
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

docs: $(VENV)/.installed ## write the reference and the JSON Schema anew, from the models
	@$(BIN)/python scripts/write_docs.py

lock: $(VENV)/.dev ## resolve the dependencies anew
	$(SAY) "locking"
	@cargo update
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml --output-file requirements/run.txt
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --group build --output-file requirements/build.txt
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --constraint requirements/run.txt --constraint requirements/build.txt pyproject.toml --group dev --output-file requirements/dev.txt

wheel: $(VENV)/.built ## the abi3 wheel, in dist/

clean: ## remove what was built
	@rm -rf $(VENV) target dist

# Set-up, in stamps: a target is redone when what it was made from is newer.
$(VENV)/.venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "pyproxy needs Python 3.11 or newer; $$($(PYTHON) --version) found. Name another: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@command -v cargo >/dev/null || { echo "pyproxy builds a Rust extension and needs cargo: install a Rust toolchain (1.85 or newer), then run make again"; exit 2; }
	$(SAY) "creating $(VENV)"
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: requirements/run.txt requirements/build.txt | $(VENV)/.venv
	$(SAY) "installing the locked dependencies"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/build.txt -r requirements/run.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt | $(VENV)/.run
	$(SAY) "installing the locked development dependencies"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.txt
	@touch $@

$(VENV)/.built: $(RUST_SOURCES) $(PYTHON_SOURCES) | $(VENV)/.run
	$(SAY) "building the wheel (release; the first build takes about a minute)"
	@rm -rf dist && $(BIN)/maturin build --release --locked --quiet --interpreter $(BIN)/python --out dist
	@touch $@

$(VENV)/.installed: $(VENV)/.built
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --force-reinstall --no-index dist/*.whl
	@touch $@
