# Everything from a fresh clone. `make ask Q="…"` and `make test` set up what they need; the second time is quick and
# works without a network. Needs Python 3.11 or newer.

PYTHON ?= python3
VENV ?= .venv
TORCH_INDEX_URL ?= https://download.pytorch.org/whl/cpu
BIN := $(VENV)/bin
Q ?= Who is Mao Ning?
WORKERS ?= 4

.DEFAULT_GOAL := help
.PHONY: help ask chat setup setup-dev test test-long check bench sbom clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

ask: setup ## Answer a question about the article: make ask Q="Who is Mao Ning?"
	@"$(BIN)/footnote" ask -- "$$Q"

chat: setup ## Talk about the article in the terminal
	@"$(BIN)/footnote" chat

setup: $(VENV)/.installed ## Install Footnote into .venv

setup-dev: $(VENV)/.installed-dev ## Install what tests and checks need, too

test: setup-dev ## Run the tests, every claim with few repetitions (minutes)
	"$(BIN)/python" -m pytest -n $(WORKERS) --dist loadfile -m "not long"

test-long: setup-dev ## Run the tests with full counts; FOOTNOTE_DEV_SETS may name a folder of question sets
	"$(BIN)/python" -m pytest --cov --cov-report=term:skip-covered

check: setup-dev ## Formatter, linter, types, import contracts
	"$(BIN)/ruff" format --check .
	"$(BIN)/ruff" check .
	"$(BIN)/mypy"
	"$(BIN)/lint-imports"

bench: $(VENV)/.installed-bench ## Time Footnote against the plain LangChain script, on the same weights
	"$(BIN)/python" -m tests.benchmarks

sbom: setup-dev ## Write what Footnote runs with, and under which licences, as CycloneDX: footnote.cdx.json
	"$(BIN)/python" -m scripts.sbom footnote.cdx.json

clean: ## Remove the environment and caches
	rm -rf "$(VENV)" .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage

export Q

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Footnote needs Python 3.11 or newer: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv "$(VENV)"

# PyTorch's default build brings gigabytes for graphics cards. The CPU build is taken where its index answers, and where
# pip has no better source of its own; that index has not every version of what PyTorch needs, which comes with the rest.
$(VENV)/.torch: | $(BIN)/python
	@"$(BIN)/python" -c 'import importlib.util as u, sys; sys.exit(u.find_spec("torch") is None)' \
	  || "$(BIN)/pip" install --quiet --no-deps --constraint constraints.txt --index-url "$(TORCH_INDEX_URL)" --retries 0 --timeout 5 torch 2>/dev/null \
	  || echo "PyTorch: no index of CPU builds in reach, taking the build that pip finds."
	@touch "$@"

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/.torch
	@echo "Setting up (about two minutes the first time) …"
	@"$(BIN)/pip" install --quiet --constraint constraints.txt --editable ".[sentence-transformers]"
	@touch "$@"

$(VENV)/.installed-dev: pyproject.toml constraints.txt $(VENV)/.installed
	@"$(BIN)/pip" install --quiet --constraint constraints.txt --editable ".[dev]"
	@touch "$@"

$(VENV)/.installed-bench: pyproject.toml constraints.txt $(VENV)/.installed
	@"$(BIN)/pip" install --quiet --constraint constraints.txt --editable ".[bench]"
	@touch "$@"
