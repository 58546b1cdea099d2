# Two commands for newcomers: `make demo` and `make test`. Each works from a bare clone with Python 3.11 and make alone.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
BIN     = $(VENV)/bin
# On a terminal pip may draw its bars; in a log it stays quiet.
QUIET   = $(shell test -t 2 || echo --quiet)
# New installs are compiled on first import: that spares half a minute before the demo.
INSTALL = $(BIN)/python -m pip install --disable-pip-version-check --no-compile $(QUIET)

.PHONY: demo dist man docs test test-services test-all test-lowest check lint format types imports doctest peers private-peers clean help

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make demo         learn real patients, write synthetic ones, show how good they are (folder demo/)
demo: $(VENV)/installed-demo
	$(BIN)/synthgan demo --folder demo --force

## make test         the tests that take seconds, two at a time
test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2

## make test-services  the tests that need a service: a browser for the page of a report, PostgreSQL for databases
test-services: $(VENV)/installed-dev
	$(BIN)/python -m pytest -m service

## make test-all     all tests, the slow ones too
test-all: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2 -m "slow or not slow or service"

## make test-lowest  the tests, with every dependency at its lower bound
test-lowest: .venv-lowest/installed-lowest
	.venv-lowest/bin/python -m pytest -n 2

## make check        everything a change must pass: lint, types, imports, doctests, tests
check: lint types imports doctest test

## make lint         ruff: style and likely mistakes
lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

## make format       let ruff mend what it can
format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

## make types        mypy, strict
types: $(VENV)/installed-dev
	$(BIN)/mypy

## make imports      each room imports only what stands below it
imports: $(VENV)/installed-dev
	$(BIN)/lint-imports

## make doctest      the examples in the docstrings
doctest: $(VENV)/installed-dev
	$(BIN)/python -m pytest --doctest-modules synthgan

## make docs         the documentation site, in the folder site/; any warning is an error
docs: $(VENV)/installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

## make peers        the generators the benchmark compares with, in an environment of their own
peers: .venv-peers/installed-peers

## make private-peers  AIM and MST, which the private benchmark compares with, in another one
private-peers: .venv-private-peers/installed-private-peers

## make man          the manual page, man/synthgan.1: read it with `man -l man/synthgan.1`
man: $(VENV)/installed-dev
	$(BIN)/python tools/man.py man/synthgan.1

## make dist         the wheel, the sources and the manual page, ready for a package index, in the folder dist/
dist: $(VENV)/installed-dev
	rm -rf dist
	$(BIN)/python -m pip install --disable-pip-version-check $(QUIET) "build>=1.2" "twine>=6"
	$(BIN)/python -m build --outdir dist
	$(BIN)/python -m twine check --strict dist/*
	$(BIN)/python tools/man.py dist/synthgan.1

## make clean        remove what make made
clean:
	rm -rf $(VENV) .venv-lowest .venv-peers .venv-private-peers demo site .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis dist man

# A stamp newer than these files means that the environment fits them.
$(VENV)/installed-demo: pyproject.toml $(VENV)/torch
	@echo "Installing synthgan into $(VENV) ..." >&2
	$(INSTALL) --editable ".[sdmetrics]"
	@touch $@

$(VENV)/installed-dev: pyproject.toml $(VENV)/torch
	@echo "Installing synthgan and the tools of its developers into $(VENV) ..." >&2
	$(INSTALL) --editable ".[all,dev]"
	@touch $@ $(VENV)/installed-demo

$(VENV)/installed-docs: pyproject.toml $(VENV)/installed-dev
	@echo "Installing what the documentation is made with into $(VENV) ..." >&2
	$(INSTALL) --editable ".[all,dev,docs]"
	@touch $@ $(VENV)/installed-dev $(VENV)/installed-demo

$(VENV)/torch: tools/install_torch.sh
	@test -n "$(PYTHON)" || { echo "error: Python 3.11 or newer must be installed, however: none was found" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: Python must be 3.11 or newer, however: $(PYTHON) is older; name another: make PYTHON=/path/to/python3.11" >&2; \
	  exit 2; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	sh tools/install_torch.sh $(BIN)/python $(QUIET)
	@touch $@

.venv-lowest/installed-lowest: pyproject.toml tools/install_torch.sh tools/lowest.py
	@test -x .venv-lowest/bin/pip || $(PYTHON) -m venv .venv-lowest
	$(PYTHON) tools/lowest.py > .venv-lowest/constraints.txt
	TORCH=$$(sed -n 's/^torch==//p' .venv-lowest/constraints.txt) sh tools/install_torch.sh .venv-lowest/bin/python $(QUIET)
	.venv-lowest/bin/python -m pip install $(QUIET) --constraint .venv-lowest/constraints.txt --editable ".[all,dev]"
	@touch $@

# mostlyai-engine asks for torchvision and torchaudio, whose ordinary builds refuse to load beside the CPU build of torch;
# it works without them. CTGAN 0.6.0 and RDT 1.2.1 are the last under the MIT licence, newer ones are business-source: they ask for old
# versions of everything, and work beside today's.
.venv-peers/installed-peers: tools/install_torch.sh
	@test -x .venv-peers/bin/pip || $(PYTHON) -m venv .venv-peers
	sh tools/install_torch.sh .venv-peers/bin/python $(QUIET)
	.venv-peers/bin/python -m pip install --disable-pip-version-check $(QUIET) mostlyai-engine "sdmetrics==0.26.*" faker psutil pyyaml
	.venv-peers/bin/python -m pip install --disable-pip-version-check $(QUIET) --no-deps --ignore-requires-python ctgan==0.6.0 rdt==1.2.1
	.venv-peers/bin/python -m pip uninstall --yes $(QUIET) torchvision torchaudio
	@touch $@

.venv-private-peers/installed-private-peers:
	@test -x .venv-private-peers/bin/pip || $(PYTHON) -m venv .venv-private-peers
	.venv-private-peers/bin/python -m pip install --disable-pip-version-check $(QUIET) "dpmm==0.1.9"
	@touch $@
