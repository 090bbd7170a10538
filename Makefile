# make demo    see it work        make test    prove that it does        make help    the rest

PYTHON ?= python3
PORT ?= 5000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# a worker a core: each has its own servers and browser, and up to 2 GB of models
SIDE_BY_SIDE := -n logical --maxprocesses 4 --dist loadfile
# the demo's own, whatever DATABASE_URL may be set to
demo demo-data: export DATABASE_URL = sqlite:///data/proofsheet.db

.PHONY: help setup demo demo-data serve test test-fast lint format bench notebook freeze
.DEFAULT_GOAL := help

help:
	@echo "make demo                    label a sample of real photos and review the result"
	@echo "make demo PHOTOS=~/Pictures  the same with your own photos"
	@echo "make test                    set everything up, servers included, and run all tests"
	@echo "make test-fast               the tests that need no server, browser or large model"
	@echo "make serve                   the web pages on http://127.0.0.1:$(PORT) (PORT=...)"
	@echo "make lint | format           check or mend style, types and floors"
	@echo "make bench                   measure everything, and write docs/performance.md"
	@echo "make notebook                Jupyter in this folder"
	@echo "make setup                   only the virtual environment in $(VENV)"

setup: $(VENV)/.runtime

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: apt install python3 python3-venv, or brew install python"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one: make setup PYTHON=python3.12"; exit 1; }
	@echo "setup: virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "python3 has no venv module: apt install python3-venv"; exit 1; }

$(VENV)/.runtime: requirements.txt pip-freeze.txt | $(BIN)/python
	@echo "setup: packages of requirements.txt (a minute or two the first time)"
	@$(PIP) install -r requirements.txt -c pip-freeze.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo "setup: packages of requirements-dev.txt"
	@$(PIP) install -r requirements-dev.txt -c pip-freeze.txt
	@touch $@

demo: demo-data
	@$(MAKE) --no-print-directory serve

demo-data: setup
ifdef PHOTOS
	@echo "demo: labelling the photos in $(PHOTOS)"
	@$(BIN)/python bin/label_images.py -m efficientnet_lite0 --input "$(PHOTOS)" --database --resume
else
	@echo "demo: sample photos in data/sample"
	@$(BIN)/python bin/make_sample.py
	@echo "demo: labelling them with efficientnet_lite0 into data/proofsheet.db"
	@$(BIN)/python bin/label_images.py -m efficientnet_lite0 --input data/sample/tweets.json --image-root data/sample --database --resume
	@echo "demo: drawing a round of them to judge"
	@$(BIN)/python bin/draw_round.py --size 60 --name "demo round" --once
endif

serve: setup
	@echo "serve: http://127.0.0.1:$(PORT) to review, http://127.0.0.1:$(PORT)/results/ for what it comes to (Ctrl-C ends it)"
	@$(BIN)/gunicorn --bind 127.0.0.1:$(PORT) --workers 1 --threads 8 --log-level warning 'webapp.app:create_app()'

test: $(VENV)/.dev
	@sh tests/install_servers.sh
	@echo "test: the whole suite"
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-fast: $(VENV)/.dev
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not slow"

lint: $(VENV)/.dev
	@echo "lint: ruff"; $(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .
	@echo "lint: mypy"; $(BIN)/mypy --no-error-summary
	@echo "lint: floors"; out=$$($(BIN)/lint-imports 2>&1) || { echo "$$out"; exit 1; }
	@echo "lint: help texts in README.md"; $(BIN)/python docs/readme_help.py --check

format: $(VENV)/.dev
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .
	@$(BIN)/python docs/readme_help.py

bench: $(VENV)/.dev
	@sh tests/install_servers.sh
	@$(BIN)/python bench/everything.py

notebook: setup
	@$(BIN)/jupyter notebook

freeze: $(VENV)/.dev
	@$(BIN)/python -m pip freeze --exclude-editable | grep -v ' @ ' > pip-freeze.txt
