# `make` lists the targets. Every target makes the virtual environment it needs.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST := python -m pytest --timeout 120

.DEFAULT_GOAL := help
.PHONY: help generate-grpc check-generated breaking test test-lowest test-newest conformance interop peers lint format docs bench mutants clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

# -qq: with one q, a page about editable installs is the first that a newcomer reads.
$(STAMP): pyproject.toml setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "plugwright needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install -qq --editable '.[dev]'
	touch $(STAMP)

generate-grpc: $(STAMP) ## write every SDK below generated/ from the protos
	$(BIN)/plugwright generate

check-generated: $(STAMP) ## fail if generated/ is not what the protos give
	$(BIN)/plugwright generate --check

# Since the last release that this commit comes after; before there is one, since the last commit.
breaking: $(STAMP) ## fail if an SDK breaks its users without a version that says so
	@since=$$(git describe --tags --abbrev=0 --match 'v[0-9]*' HEAD^ 2>/dev/null || \
		git rev-parse --verify --quiet HEAD^) || \
		{ echo "there is no earlier commit here to compare with"; exit 0; }; \
		$(BIN)/plugwright breaking --unless-raised --against "$$since"

test: $(STAMP) ## run the tests (all but those that need Go, Rust, Node or the network)
	$(BIN)/$(PYTEST) -n auto --durations 40 --durations-min 2 \
		--ignore=tests/interop --ignore=tests/conformance --ignore=tests/peers

# The suite and what its runner needs to start are fetched once, into the virtual environment.
conformance: $(STAMP) ## run protobuf's own conformance suite (fetches it from npm)
	$(BIN)/$(PYTEST) tests/conformance

interop: $(STAMP) ## build the go-plugin host and run plugins under it (needs Go)
	@command -v go >/dev/null || { echo "make interop needs a Go toolchain: put go on the PATH"; exit 1; }
	cd tests/interop/host && go vet ./...
	$(BIN)/$(PYTEST) -s tests/interop

# Strangers to grpcio: each calls plugins, and serves clients.
peers: $(STAMP) ## talk to peers on tonic, grpc-js and grpc-go (needs Rust, Node and Go)
	@for tool in cargo npm node go; do command -v $$tool >/dev/null || \
		{ echo "make peers needs $$tool: put it on the PATH"; exit 1; }; done
	cd tests/peers/go && go vet ./...
	$(BIN)/$(PYTEST) --timeout 900 tests/peers

# The oldest versions that pyproject.toml promises, against the tests of the SDKs. What is left out
# asks for what newer ones do: `UNIX:` as a scheme, repeated extensions in JSON, a quiet event loop.
test-lowest: $(STAMP) ## run the SDKs' tests on the oldest grpcio and protobuf
	$(PYTHON) -m venv $(VENV)-lowest
	$(VENV)-lowest/bin/python -m pip install --quiet grpcio==1.66.0 grpcio-tools==1.66.0 \
		protobuf==5.27.0 cattrs dacite h2 hypothesis msgspec pydantic pytest pytest-timeout \
		pytest-xdist
	$(VENV)-lowest/bin/python -m pip install -qq --editable '.[codegen,mtls]'
	$(VENV)-lowest/bin/$(PYTEST) -n auto tests/runtime/message tests/runtime/rpc \
		tests/runtime/hooks tests/runtime/testing tests/systems \
		--ignore=tests/runtime/message/test_json_extensions.py \
		--ignore=tests/runtime/rpc/errors --ignore=tests/runtime/rpc/test_dialling.py \
		--ignore=tests/systems/test_installing.py

# Where Python itself differs from one version to the next; the rest is in `make test`.
test-newest: $(STAMP) ## run the tests of runtime and SDKs on the newest Python to be had
	python=$$(PYTHON=$(PYTHON) .ci/newest-python $(VENV)-newest/python) && \
		$$python -m venv --without-pip $(VENV)-newest/venv && \
		$$python -c 'import sys; print("the newest Python is", sys.version)'
	$(BIN)/python -m pip --python $(VENV)-newest/venv/bin/python install -qq --editable '.[dev]'
	$(VENV)-newest/venv/bin/$(PYTEST) -n auto tests/runtime tests/systems \
		tests/codegen/test_cases.py tests/codegen/plan/test_edge_cases.py

lint: $(STAMP) ## formatting, lint and types
	$(BIN)/ruff check .
	$(BIN)/black --check --quiet .
	$(BIN)/black --check --quiet --config /dev/null --extend-exclude '/extras/' generated tests/cases
	$(BIN)/mypy codegen runtime tests/interop tests/kit/interop
	$(BIN)/pyright --pythonpath $(BIN)/python codegen runtime

format: $(STAMP) ## format the hand-written code
	$(BIN)/ruff check --fix .
	$(BIN)/black --quiet .

docs: $(STAMP) ## build a site about each SDK, below build/docs
	$(BIN)/plugwright docs --out build/docs --build

bench: $(STAMP) ## measure speed and memory, as ratios against floors of the same run
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python bench/run.py

# MODULE: files, or folders of rooms. The tests run once under coverage, then once for each fault on
# those that run its line; KEEP=1 spares the first if nothing has changed but the question.
SAMPLE ?= 30
SEED ?= 1
mutants: $(STAMP) ## put faults into MODULE one at a time, and print those that no test notices
	@test -n "$(MODULE)" || { echo "make mutants needs MODULE=runtime/plugwright_runtime/rpc"; exit 1; }
	$(BIN)/python -m pip install --quiet --editable '.[mutants]'
	PYTHONPATH=tests $(BIN)/python -m mutants $(MODULE) --sample $(SAMPLE) --seed $(SEED) \
		$(if $(KEEP),--keep)

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) $(VENV)-lowest $(VENV)-newest .mutants .mypy_cache .ruff_cache .hypothesis
