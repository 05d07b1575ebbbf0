# make run    the site on http://127.0.0.1:8000/ (another port: make run PORT=9000)
# make test   everything that is tested, on a MongoDB and a Chromium of its own
# make lint · make bench · make soak · make test-atlas · make clean
.DEFAULT_GOAL := run
.PHONY: run test test-atlas lint bench soak lock clean
.DELETE_ON_ERROR:
SHELL := /bin/bash

BIN := .venv/bin
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
SOURCES := kbsite accounts knowledge tests bench manage.py

# exec: the signals that make passes on must reach the supervisor, not a shell around it
run: .venv/runtime
	@exec $(BIN)/python -m kbsite.supervisor

# whole files to each of three processes, which wait as much as they work, in their order:
# those with a browser come last
PARALLEL := -n 3 --dist loadfile --no-loadscope-reorder

# what is checked does not depend on this clone's settings (for tests, see tests/environment.py)
test test-atlas soak lint: export KB_ENV_FILE =

test: .venv/development
	KB_CHROMIUM="$$($(BIN)/python -m tests.browser.chromium)" && export KB_CHROMIUM && \
		$(BIN)/python -m pytest -m "not soak" $(PARALLEL) $(ARGS)

# the engine contract on real search nodes: those of ATLAS_TEST_URI, or of a container of its own
test-atlas: .venv/development
	@if [ -n "$$ATLAS_TEST_URI" ]; then exec $(CONTRACT); fi; \
	docker compose version >/dev/null 2>&1 || { echo "make test-atlas needs Docker, which is not here." >&2; \
		echo "  Install it, or name a server with search nodes: ATLAS_TEST_URI=mongodb://... make test-atlas" >&2; exit 1; }; \
	trap 'docker compose down --volumes' EXIT; docker compose up --detach --wait && \
		ATLAS_TEST_URI="mongodb://127.0.0.1:27778/?directConnection=true" $(CONTRACT)

CONTRACT = $(BIN)/python -m pytest tests/knowledge/search/test_engine_contract.py $(ARGS)

soak: .venv/development
	KB_CHROMIUM="$$($(BIN)/python -m tests.browser.chromium)" && export KB_CHROMIUM && \
		KB_REQUIRE_SHARED_DATA=1 $(BIN)/python -m pytest -m "soak or not soak" $(ARGS)

lint: .venv/development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/djlint --lint --quiet templates
	DEBUG=false HTTPS=true ALLOWED_HOSTS=kb.example.org \
		$(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

bench: .venv/development
	@for file in $$(grep -l __main__ bench/*.py); do \
		$(BIN)/python -m bench.$$(basename $$file .py) || exit 1; done

# Resolve the requirements anew and write down every version; then run the tests.
lock:
	rm -rf .venv/lock && $(PYTHON) -m venv .venv/lock
	sed '/^-c/d' requirements.txt requirements-dev.txt > .venv/lock/requirements.txt
	.venv/lock/bin/pip install --quiet -r .venv/lock/requirements.txt
	head -2 constraints.txt > .venv/lock/constraints.txt
	.venv/lock/bin/pip freeze --exclude pip --exclude setuptools >> .venv/lock/constraints.txt
	mv .venv/lock/constraints.txt constraints.txt && rm -rf .venv/lock

# var/ stays: it holds the site's data
clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps are newer than what is installed, so pip runs only when a file of pins has changed.
.venv/runtime: requirements.txt constraints.txt | $(BIN)/pip
	@echo "Installing what the site needs (once; a few minutes on a slow line) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/development: requirements-dev.txt constraints.txt .venv/runtime
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(BIN)/pip:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer was found." >&2; \
		echo "  Install one, or name it: make run PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "$(PYTHON) cannot make a venv." >&2; \
		echo "  On Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; }
