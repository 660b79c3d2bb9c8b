# Short commands; CI runs the same names. Everything is set up on the way: no step to remember.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

PORT ?= 8080
.PHONY: demo test test-fast check figures serve bench chaos reference studio clean help

help: ## what can be done here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(READY) ## play the trial event to SINUS and SI-VIC, and open the page
	$(BIN)/passerelle demo --port $(PORT)

test: $(READY) .venv/.services ## the whole test suite, with real servers where they can be had
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not rabbitmq"
	$(BIN)/python -m pytest -m rabbitmq  # one broker, one test at a time

# What needs no process of its own: the rules, the mappings, the outbox's contract over the memory store.
SLOW_MAPPING := $(foreach name,guide files_in_force activation mapping_command,--ignore tests/mapping/test_$(name).py)
test-fast: $(READY) ## domain, mapping and the memory store: under a minute, no server
	$(BIN)/python -m pytest -q -n 2 tests/domain tests/mapping tests/contract/test_store_contract.py -k "not sqlite" -m "not postgres and not rabbitmq" $(SLOW_MAPPING)

check: $(READY) ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

figures: $(READY) ## the figures of the house, written into docs/design.md
	$(BIN)/python -m scripts.house_figures --write

serve: $(READY) ## the gateway, by passerelle.toml
	$(BIN)/passerelle serve

bench: $(READY) .venv/.services ## figures, each beside a baseline of the same run
	@for one in benchmarks/bench_*.py; do $(BIN)/python $$one || exit 1; done

reference: $(READY) ## the reference pages, made from the code
	$(BIN)/python -m scripts.write_reference
	$(BIN)/python -m scripts.write_fhir_names

chaos: $(READY) .venv/.services ## 2 000 faults on real nodes and PostgreSQL, judged by what the receiver saw
	$(BIN)/python -m tests.chaos --faults 2000 --minutes 8

studio: ## the editor of the mapping studio, bundled once; needs node
	cd gateway/console/studio && npm ci && npm run build

# The lock is installed with its hashes; uv only makes it quicker, pip does the same. Compiled at once: a command then
# starts in half the time, from the very first one.
$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv
	UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	touch $@

# Servers that tests start by themselves on free ports. Without apt or root the tests that need one say so and are skipped.
.venv/.services: $(READY)
	./scripts/install-services
	touch $@

clean: ## forget the virtual environment
	rm -rf .venv
