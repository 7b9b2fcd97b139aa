# voice-tui
#   make install   .venv/ with voice-tui in it
#   make run       install what is missing and suits this machine, then open the app (ARGS="…" are passed on)
#   make test      all tests, two at a time, then by themselves those that listen to the virtual sound card;
#                  TESTS="tests/config …" or ARGS="-k save" for some; COVERED=85 to fail below 85 % of the lines
#   make lint      every linter          make format   rewrite to the house's form
#   make bench     every benchmark (BENCH=benchmarks/startup.py for one)
#   make clean     remove what was built

SHELL := /bin/bash
VENV := .venv
PYTHON := $(VENV)/bin/python
STAMPS := $(VENV)/stamps
PIP_INSTALL := $(PYTHON) -m pip --disable-pip-version-check install -qq -c constraints.txt
ARGS ?=
TESTS ?= tests
PYTEST := $(PYTHON) -m pytest -r fEs
COVERED ?=
BENCH ?= $(wildcard benchmarks/[a-z]*.py)

.PHONY: install run test lint format bench clean

install: $(STAMPS)/base

run: $(STAMPS)/base
	@.ci/system-packages run
	@$(MAKE) -s $(STAMPS)/extras
	@$(VENV)/bin/voice-tui $(ARGS)

test: $(STAMPS)/dev
	@.ci/system-packages test
ifeq ($(TESTS)$(ARGS),tests)
	$(PYTEST) tests -m "not card" -n 2 --dist worksteal $(if $(COVERED),--cov --cov-report=); first=$$?; \
	$(PYTEST) tests -m card $(if $(COVERED),--cov --cov-append --cov-report=term --cov-fail-under=$(COVERED)) \
		&& exit $$first
else
	$(PYTEST) $(TESTS) $(ARGS)
endif

lint: $(STAMPS)/dev
	@.ci/lint $(VENV)

format: $(STAMPS)/dev
	$(VENV)/bin/ruff check --fix --quiet . ; $(VENV)/bin/ruff format .

bench: $(STAMPS)/dev
	@.ci/system-packages test
	@for file in $(BENCH); do echo "== $$file"; $(PYTHON) $$file $(ARGS) || failed=1; done; test -z "$$failed"

clean:
	rm -rf $(VENV) .cache build dist *.egg-info .coverage .coverage.* .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PYTHON):
	@python="$$(.ci/python)" && echo "Making $(VENV)/ with $$python" && "$$python" -m venv --clear $(VENV)

$(STAMPS)/base: pyproject.toml constraints.txt | $(PYTHON)
	@echo "Installing voice-tui and what it needs: about 250 MB, some minutes, once …"
	@$(PIP_INSTALL) -e .
	@echo "Installed."
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/extras: $(STAMPS)/base .ci/extras
	@.ci/extras $(PYTHON)
	@touch $@

$(STAMPS)/dev: $(STAMPS)/base .ci/extras
	@echo "Installing the tools of the tests: about 250 MB, some minutes, once …"
	@$(PIP_INSTALL) -e '.[dev]'
	@.ci/extras $(PYTHON) tests
	@touch $@
