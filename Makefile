# nasbook. `make` or `make help` lists what there is to do.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# More for JupyterLab:  make lab ARGS="--no-browser --port 9999"
ARGS   ?=
# More for pip:         make lab PIP_ARGS="--extra-index-url ..."
PIP_ARGS ?=
WORKERS  ?= 2

LAB_STAMP  := $(VENV)/.installed-lab
TEST_STAMP := $(VENV)/.installed-test
# What nasbook only speaks to (Ray, trackers, ONNX ...) lies in an environment of its own, on top of the first.
PEERS       := .venv-scale
PEERS_STAMP := $(PEERS)/.installed
SETTINGS   := $(VENV)/share/jupyter/lab/settings
HOME_FILE  := $(VENV)/.made-in
NOTEBOOKS  := $(sort $(wildcard notebooks/*.ipynb))
TRANSLATED := $(sort $(wildcard notebooks/??/*.ipynb))
ROOT_FLAG  := $(if $(filter 0,$(shell id -u)),--allow-root)

# A checkout that was moved or copied carries an environment that points at its old place.
ifneq ($(shell cat $(HOME_FILE) 2>/dev/null),$(CURDIR))
STALE := stale
endif

.DEFAULT_GOAL := help
.PHONY: help lab test test-ray test-gpu env env-test env-ray lint format notebooks site test-site lite test-lite browser picture clean stale

help:
	@echo "make lab        install nasbook into $(VENV) and open JupyterLab at the first lesson"
	@echo "make test       install what the tests need and run everything: lint, types, tests, notebooks"
	@echo "make test-ray   install Ray, trackers, ONNX's packages, PostgreSQL and Slurm beside it and run what needs them"
	@echo "make site       build the course as a site, build/site/index.html; it needs no server"
	@echo "make test-site  run the lessons and try their site in a browser"
	@echo "make lite       build a JupyterLite of the lessons that run in a browser, build/lite; test-lite: try it in a browser"
	@echo "make test-gpu   run what needs a GPU, on a machine that has one"
	@echo
	@echo "make env        only install (env-test: with what the tests need)"
	@echo "make lint       ruff, mypy, and oxlint for JavaScript"
	@echo "make format     let ruff lay the code out"
	@echo "make notebooks  run every notebook from top to bottom"
	@echo "make browser    only the tests in a real browser"
	@echo "make picture    draw the README's picture of a lab anew"
	@echo "make clean      remove $(VENV) and all caches"
	@echo
	@echo 'Options: PYTHON=python3.12   ARGS="--no-browser --port 9999" (lab)   PIP_ARGS="..."   WORKERS=4 (test)'

lab: env
	$(if $(ROOT_FLAG),@echo "You are root, so JupyterLab is started with --allow-root: whoever opens it can do anything here.")
	$(BIN)/python -m jupyterlab $(ROOT_FLAG) --ServerApp.root_dir="$(CURDIR)" notebooks/00_start_here.ipynb $(ARGS)

env: $(LAB_STAMP)
env-test: $(TEST_STAMP)
env-ray: $(PEERS_STAMP)

$(BIN)/python:
	@python=; \
	for p in "$(PYTHON)" python3.14 python3.13 python3.12 python3.11; do \
	    if "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$p; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "nasbook needs Python 3.11 or newer, and none was found: install one, or name it: make lab PYTHON=/path/to/python3.12" >&2; exit 1; fi; \
	if ! "$$python" -c 'import venv, ensurepip' 2>/dev/null; then \
	    echo "Python's venv module is missing: on Debian or Ubuntu, 'apt-get install python3-venv' brings it." >&2; exit 1; fi; \
	"$$python" -m venv --clear $(VENV)

# JupyterLab without pop-ups about news, as on Binder.
FINISH = mkdir -p $(SETTINGS) && cp binder/overrides.json $(SETTINGS)/ && printf '%s' "$(CURDIR)" > $(HOME_FILE)

$(LAB_STAMP): $(BIN)/python pyproject.toml constraints.txt $(STALE)
	@echo "Installing into $(VENV): about 1.5 GB with a CPU build of PyTorch, once."
	$(BIN)/python -m pip install --no-input --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e '.[lab]'
	@$(FINISH)
	@touch $@

$(TEST_STAMP): $(BIN)/python pyproject.toml constraints.txt $(STALE)
	@echo "Installing into $(VENV), with what the tests need: about 1.8 GB with a CPU build of PyTorch, once."
	$(BIN)/python -m pip install --no-input --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e '.[lab,test]'
	@$(FINISH)
	@touch $(LAB_STAMP) $@

$(PEERS_STAMP): $(TEST_STAMP)
	@echo "Installing into $(PEERS), on top of $(VENV): about 0.9 GB, once."
	$(BIN)/python -m venv --without-pip --clear $(PEERS)
	@$(PEERS)/bin/python -c "import pathlib, sysconfig; \
	    inside = sysconfig.get_path('purelib', vars={'base': '$(CURDIR)/$(VENV)'}); \
	    pathlib.Path(sysconfig.get_path('purelib'), 'nasbook_base.pth').write_text(inside)"
	$(PEERS)/bin/python -m pip install --no-input --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e '.[peers]'
	@# mup asks for torchvision and seaborn, too, which nothing here needs
	$(PEERS)/bin/python -m pip install --no-input --disable-pip-version-check $(PIP_ARGS) --no-deps mup==1.0.0
	@touch $@

# One thread a library: the tests' numbers do not depend on the machine, and two workers do not fight for two cores.
# Bytecode is kept, whatever the caller says: the tests start hundreds of processes, which would compile it all again.
THREADS := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 MPLBACKEND=Agg PYDEVD_DISABLE_FILE_VALIDATION=1
PYTEST  := $(THREADS) $(BIN)/python -m pytest --durations=10 --durations-min=1
# A file stays on one worker, so that a notebook's cells share a kernel, and a file's tests what they have made once.
SPREAD  := $(PYTEST) -n $(WORKERS) --dist loadfile
# Each notebook runs once, with every control of its labs moved on the way (tests/course/moved.py).
NBVAL   := env PYTHONPATH="$(CURDIR)/tests" $(SPREAD) -p warm -p course.moved --nbval-lax --nbval-current-env --nbval-cell-timeout=240

# The types are checked beside the tests, and say nothing before their turn.
test: env-test
	@failed=; found=$$(mktemp); trap 'kill $$! 2>/dev/null; exit 130' INT TERM; \
	browser=$$($(BIN)/python tests/find_browser.py --get) && export NASBOOK_CHROMIUM="$$browser"; \
	step() { name=$$1; shift; printf '\n== %s\n' "$$name"; "$$@" || failed="$$failed, $$name"; }; \
	$(BIN)/mypy > "$$found" 2>&1 & mypy=$$!; \
	types() { wait $$mypy; code=$$?; cat "$$found"; rm -f "$$found"; return $$code; }; \
	step "lint" $(BIN)/ruff check .; \
	step "lint of JavaScript" $(BIN)/oxlint nasbook; \
	step "layout" $(BIN)/ruff format --check .; \
	step "tests" env $(SPREAD) -p no:nbval --no-loadscope-reorder -m "not browser and not peers" tests; \
	step "types" types; \
	$(if $(wildcard tests/browser),step "browser" env $(SPREAD) -p no:nbval -m browser tests/browser;) \
	$(if $(NOTEBOOKS),step "notebooks" $(NBVAL) $(NOTEBOOKS);) \
	if [ -n "$$failed" ]; then printf '\nFAILED: %s\n' "$${failed#, }"; exit 1; fi; \
	[ -n "$$browser" ] || printf '\nTHE BROWSER TESTS WERE SKIPPED: NO CHROMIUM OR CHROME WAS FOUND.\n'; \
	printf '\nAll passed.\n'

test-ray: env-ray
	@$(PEERS)/bin/python tests/peers/get_servers.py
	$(THREADS) $(PEERS)/bin/python -m pytest --durations=10 --durations-min=1 -p no:nbval -n $(WORKERS) --dist loadgroup -m peers tests/peers

test-gpu: env-test
	$(PYTEST) -m gpu tests/test_gpu.py

lint: env-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/oxlint nasbook
	$(BIN)/mypy

format: env-test
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

site: env-test
	$(THREADS) $(BIN)/python -m nasbook site build/site $(ARGS)

# The lessons are run, a few frames of their labs kept, and the site that they give is opened in a browser.
test-site: EXECUTED := $(CURDIR)/build/executed
test-site: env-test
	rm -rf "$(EXECUTED)"
	env NASBOOK_EXECUTED="$(EXECUTED)" $(NBVAL) $(NOTEBOOKS) $(TRANSLATED)
	browser=$$($(BIN)/python tests/find_browser.py --get) && export NASBOOK_CHROMIUM="$$browser"; \
	env NASBOOK_EXECUTED="$(EXECUTED)" $(PYTEST) -p no:nbval -m browser tests/site

# JupyterLite lies in an environment of its own, on top of the first, as what `make test-ray` needs does.
lite: env-test
	$(BIN)/python -m venv --clear .venv-lite
	.venv-lite/bin/python -m pip install --no-input --disable-pip-version-check $(PIP_ARGS) -c constraints.txt \
	    jupyterlite-core jupyterlite-pyodide-kernel ipywidgets anywidget
	@.venv-lite/bin/python -c "import pathlib, sysconfig; \
	    inside = sysconfig.get_path('purelib', vars={'base': '$(CURDIR)/$(VENV)'}); \
	    pathlib.Path(sysconfig.get_path('purelib'), 'nasbook_base.pth').write_text(inside)"
	PYTHONPATH="$(CURDIR)" .venv-lite/bin/python -m nasbook site build/lite --lite $(ARGS)

test-lite: lite
	NASBOOK_CHROMIUM=$$($(BIN)/python tests/find_browser.py --get) $(BIN)/python tests/benchmarks/lite.py build/lite

notebooks: env-test
	$(NBVAL) $(NOTEBOOKS)

browser: env-test
	$(SPREAD) -m browser tests/browser

picture: env-test
	$(THREADS) $(BIN)/python tests/tools/readme_picture.py

clean:
	rm -rf $(VENV) $(PEERS) .venv-lite .pytest_cache .ruff_cache .mypy_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
