# `make help` lists the targets.
PYTHON ?= python3
HOST = 127.0.0.1
PORT = 8501
BIN := .venv/bin
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python

.DEFAULT_GOAL := help
.PHONY: help setup setup-test app test test-hosting lint evaluate bench screenshots messages lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/ready ## make the virtual environment with all that the app needs

setup-test: .venv/ready-test ## the same, and what the tests need, a browser included

app: setup ## start the app (PORT=8501 HOST=127.0.0.1)
	@$(BIN)/streamlit run streamlit_app.py --server.port $(PORT) --server.address $(HOST)

test: setup-test lint ## run every test (and lint)
	$(BIN)/pytest

lint: setup-test ## ruff, mypy and pip-audit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	bash tests/audit.sh

test-hosting: setup-test .venv/ready-hosting ## run the tests with nginx, Ray and PostgreSQL
	@bash tests/debian.sh hosting
	$(BIN)/pytest tests/hosting

evaluate: setup-test ## measure every checkpoint again against its card (needs CAMADAS_DATA)
	$(BIN)/python -m tests.evaluate

bench: setup-test ## measure the speed of the app
	$(BIN)/python -m benchmarks.app --json

screenshots: setup-test ## write every page, or PAGES="a b", in both themes and languages, wide and narrow
	$(BIN)/python -m tests.browser.screenshots screenshots $(PAGES)

messages: setup-test ## bring locale/ up to date with the sentences in the code
	$(BIN)/python -m tests.messages

lock: .venv/ready-hosting ## write requirements*.txt from the .in files and what is installed
	$(BIN)/python tests/lock.py

clean: ## remove the virtual environment and what the tools keep
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis screenshots

# Torch comes by pip, which follows the machine's own settings (a CPU build where that is configured); then uv takes
# the rest from the full pins, so that nothing is resolved anew.
.venv/ready: requirements.txt
	@PYTHON="$(PYTHON)" bash tests/debian.sh python
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check $$(grep -E '^(uv|torch)==' requirements.txt)
	$(UV) --no-deps -r requirements.txt
	@touch $@

.venv/ready-test: .venv/ready requirements-dev.txt
	@bash tests/debian.sh browser
	$(UV) --no-deps -r requirements-dev.txt
	@touch $@

.venv/ready-hosting: .venv/ready-test requirements-hosting.txt
	$(UV) --no-deps -r requirements-hosting.txt
	@touch $@
