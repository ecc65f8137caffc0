# One door for each chore, the same that CI uses. `make` alone lists them.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
AREA   ?= compiler codec rpc registry cli
SECONDS ?= 60
CODE   := tars2py templates runtime registry_impl cli tests examples benchmarks docs/contracts

# Tests that mypy reads, too; those of the other rooms are written more loosely.
TYPED  := $(addprefix tests/,compiler codec tarscli docs end_to_end fuzz wire benchmarks)

# What an installation depends on: the project file, the build hook, the native codec's sources.
SOURCES := pyproject.toml $(wildcard hatch_build.py runtime/tars_runtime/codec/native/*.[ch])

.DEFAULT_GOAL := help
.PHONY: help demo test check bench interop fuzz docs stubs clean

help: ## list the chores
	@sed -n 's/^\([a-z]*\):.*## /  make \1 - /p' $(MAKEFILE_LIST)

demo: $(VENV)/.run ## show the main job: compile, register, resolve, call, drain
	@$(BIN)/python -m examples.demo

test: $(VENV)/.dev ## run the tests (those that need other languages: make interop)
	$(BIN)/python -m pytest -m "not interop"

check: $(VENV)/.dev ## black, ruff, the floors, mypy and pyright
	$(BIN)/black --check --quiet $(CODE)
	$(BIN)/ruff check --quiet $(CODE)
	$(BIN)/lint-imports
	$(BIN)/mypy tars2py templates runtime registry_impl cli examples/demo hatch_build.py $(TYPED)
	$(BIN)/pyright

interop: $(VENV)/.bench ## run the tests against other implementations of TARS
	$(BIN)/python -m pytest -m interop -rs tests/interop

fuzz: $(VENV)/.fuzz ## fuzz codec and frame reader, for SECONDS=60
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

bench: $(VENV)/.bench ## measure against named peers; one area with AREA=codec
	@for area in $(AREA); do $(BIN)/python -m benchmarks.$$area || exit 1; done

docs: $(VENV)/.dev ## write the pages that are made from code, and check every link
	$(BIN)/python -m tars_runtime.config > docs/runtime-configuration.md
	$(BIN)/python -m pytest -q tests/docs

stubs: $(VENV)/.dev ## compile the framework's own interfaces again
	$(BIN)/tars2py runtime/tars_runtime/interfaces/idl/*.tars \
	  --package tars_runtime.interfaces --out runtime/tars_runtime/interfaces
	$(BIN)/tars2py runtime/tars_runtime/interfaces/idl/framework/*.tars \
	  -I runtime/tars_runtime/interfaces/idl --package tars_runtime.interfaces.framework \
	  --out runtime/tars_runtime/interfaces/framework

clean: ## remove what the chores made
	rm -rf $(VENV) build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# The project and what it needs to run; then, on top, what its tests need.
$(VENV)/.run: $(SOURCES) | $(VENV)/bin/pip
	@echo "Installing tars2py into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[all]'
	@touch $@

$(VENV)/.dev: $(SOURCES) | $(VENV)/bin/pip
	@echo "Installing tars2py and its test tools into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.run

# What measuring and fuzzing want besides.
$(VENV)/.bench $(VENV)/.fuzz: $(VENV)/.%: $(VENV)/.dev
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,$*]'
	@touch $@

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "expected Python 3.11 or newer as $(PYTHON), got $$($(PYTHON) -V 2>&1): say PYTHON=... "; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "expected Python's venv module, got none: apt install python3-venv"; exit 2; }
	@$(PYTHON) -m venv $(VENV)
