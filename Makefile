# Two commands do everything from a fresh clone: `make run` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# tests in parallel: one worker a core
WORKERS ?= auto
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test check bench clean
.DEFAULT_GOAL := run

run: $(VENV)/.installed        ## open the dashboard in a browser
	$(BIN)/python -m streamlit run dashboard.py

test: $(VENV)/.installed-dev   ## set up whatever is missing, then run every test
	sh tests/system_packages.sh
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(TESTS)

check: $(VENV)/.installed-dev  ## style and known vulnerabilities of the pinned packages
	$(BIN)/ruff check .
	$(BIN)/python tests/audit.py

$(VENV)/.installed: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -r requirements.txt
	touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(PIP) -r requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV) build .pytest_cache .ruff_cache .hypothesis
