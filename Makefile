# `make` lists the targets. Every target makes the virtual environment it needs.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help generate-grpc check-generated test interop lint format bench clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "plugwright needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $(STAMP)

generate-grpc: $(STAMP) ## write every SDK below generated/ from the protos
	$(BIN)/plugwright generate

check-generated: $(STAMP) ## fail if generated/ is not what the protos give
	$(BIN)/plugwright generate --check

test: $(STAMP) ## run the tests
	$(BIN)/python -m pytest -n auto

lint: $(STAMP) ## formatting, lint and types
	$(BIN)/ruff check .
	$(BIN)/black --check --quiet .
	$(BIN)/mypy codegen runtime
	$(BIN)/pyright codegen runtime

format: $(STAMP) ## format the hand-written code
	$(BIN)/ruff check --fix .
	$(BIN)/black --quiet codegen runtime tests bench

bench: $(STAMP) ## measure speed and memory, as ratios against floors of the same run
	$(BIN)/python -m pip install --quiet '.[bench]'
	$(BIN)/python bench/run.py

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis
