# Two commands do everything on a fresh machine with Python 3.11, git and make:
#   make run    serve the whole product on the embedded default
#   make test   pass the tests
# The rest is for working on it. `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -type f -print 2>/dev/null)

# Compiled modules are kept: without them every process would compile everything at its start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test check format bench storm fuzz lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

run: $(VENV)/ok handlers/static/ok ## serve the whole product at http://127.0.0.1:8080/chat/; PLATFORMS=yes: with fake WeChat, Telegram, DingTalk
	@$(PY) -m bot serve --demo $(if $(PLATFORMS),--platforms)

test: $(VENV)/ok handlers/static/ok ## set up what the tests need and pass them
	@$(PY) -m tools.needs chromium postgres peers
	@$(PY) -m pytest -n 2 --dist loadscope

check: $(VENV)/ok ## format, lint and types: what CI runs before the tests
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy

format: $(VENV)/ok ## rewrite the code in the house format
	@$(VENV)/bin/ruff check --fix-only -q . ; $(VENV)/bin/ruff format .

bench: $(VENV)/ok handlers/static/ok ## the benchmark tables: ratios beside limits measured in the same run
	@$(PY) -m tools.needs postgres
	@$(PY) -m benchmarks

storm: $(VENV)/ok handlers/static/ok ## kill the bot 100 times on each database, alone and over the platforms, and judge what is left (an hour and a half)
	@$(PY) -m tools.needs postgres
	@$(PY) -m tests.faults.storm --kills 100 --database sqlite
	@$(PY) -m tests.faults.storm --kills 100 --database postgres
	@$(PY) -m tests.faults.platforms.storm --minutes 15 --database sqlite
	@$(PY) -m tests.faults.platforms.storm --minutes 15 --database postgres

fuzz: $(VENV)/ok ## break a million calls of each platform's webhook; all must be taken or refused (an hour); fifty times the examples of the tests
	@$(PY) -m tests.handlers.channels.fuzz
	@ZEROTRIP_TEST_TIMES=50 $(PY) -m pytest -n 2 $$(grep -rl 'examples(' tests --include='test_*.py')

lock: $(VENV)/bin/uv ## resolve the requirement files anew, with hashes
	$(VENV)/bin/uv pip compile -q --generate-hashes --no-emit-index-url --upgrade requirements-bootstrap.in -o requirements-bootstrap.lock
	$(VENV)/bin/uv pip compile -q --generate-hashes --no-emit-index-url --upgrade pyproject.toml --extra fast -o requirements.lock
	$(VENV)/bin/uv pip compile -q --generate-hashes --no-emit-index-url --upgrade pyproject.toml --extra fast --group dev -c requirements.lock -o requirements-dev.lock

clean: ## remove what was built; keeps var/ (data)
	rm -rf $(VENV) handlers/static intake/static web/node_modules tests/platforms/peers/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/uv: requirements-bootstrap.lock
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-bootstrap.lock
	@touch $@

$(VENV)/ok: $(VENV)/bin/uv requirements-dev.lock pyproject.toml
	$(VENV)/bin/uv pip sync -q --compile-bytecode --python $(PY) --require-hashes requirements-dev.lock
	$(VENV)/bin/uv pip install -q --python $(PY) --no-deps --no-build-isolation -e .
	@touch $@

handlers/static/ok: $(WEB_SOURCES) tools/build_web.py $(VENV)/ok
	@$(PY) -m tools.build_web
	@touch $@
