# Everything starts from a fresh clone with `make` and Python 3.11 to 3.13.
#   make report   runs the tour as a report: reports/index.html
#   make test     passes the tests
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TORCH  := torch==2.13.0
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What goes on now, before a command that says nothing of itself for a while.
SAY    := @printf 'workbench: %s\n'
define PULL
$(SAY) 'fetching the model smollm2-135m, 98 MB, unless it is on this disk'
$(BIN)/workbench models pull smollm2-135m
endef

.DEFAULT_GOAL := help
.PHONY: help report reports lab dashboards serve pictures docs bench soak test unit lint lock generate clean

help:             ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

# The lock file decides when the environment is remade, pyproject.toml when the package is
# registered again: a second `make` of anything finds both stamps newer and does nothing.
$(VENV)/lock.stamp: requirements.lock
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info < (3, 14); sys.exit(None if ok else "Workbench needs Python 3.11 to 3.13, this is " + sys.version.split()[0] + "; try: make PYTHON=python3.11")'
	$(SAY) 'making $(VENV), which will take 4.6 GB; the next two steps take 2 to 5 minutes together'
	$(SAY) 'stopped half-way, the same command goes on from there'
	@$(PYTHON) -m venv $(VENV)
	$(SAY) 'installing torch, the largest package (200 MB where pip finds a CPU build, see README.md)'
	@$(BIN)/python tools/install.py $(TORCH)
	$(SAY) 'installing the other packages, each checked against its sha256'
	@$(BIN)/python tools/install.py --no-deps --require-hashes -r requirements.lock
	@touch $@

$(VENV)/package.stamp: $(VENV)/lock.stamp pyproject.toml
	$(SAY) 'registering the package workbench in $(VENV)'
	@$(BIN)/python tools/install.py --no-deps --no-build-isolation --editable .
	@touch $@

report: $(VENV)/package.stamp     ## run the tour as a report: reports/index.html
	$(PULL)
	$(SAY) 'running the tour as a report: about a minute, the first time with a model to expand'
	$(BIN)/workbench report run notebooks/00_tour.ipynb --out reports

reports: $(VENV)/package.stamp    ## run every notebook as a report
	$(PULL)
	$(SAY) 'running every notebook as a report'
	$(BIN)/workbench report run notebooks --out reports

# With exec, so that a signal to make reaches the server and not a shell between them.
JUPYTER := JUPYTER_CONFIG_PATH=$(CURDIR)/jupyter_config JUPYTER_PATH=$(CURDIR)/jupyter_config
LAB_FLAGS ?=
lab: $(VENV)/package.stamp        ## open JupyterLab (LAB_FLAGS="--no-browser --port 9000")
	@case "$$(id -u) $(LAB_FLAGS)" in "0 "*--allow-root*) ;; "0 "*) \
	  echo 'JupyterLab does not run as root unless it is told to: make lab LAB_FLAGS=--allow-root' >&2; exit 1;; esac
	$(JUPYTER) exec $(BIN)/jupyter lab $(LAB_FLAGS)

DASHBOARDS_FLAGS ?=
dashboards: $(VENV)/package.stamp ## show the home page and the dashboards (DASHBOARDS_FLAGS="--no-browser --port=9000")
	$(JUPYTER) exec $(BIN)/python -m workbench.studio.dashboards notebooks/dashboards --preheat_kernel=True $(DASHBOARDS_FLAGS)

SERVE_FLAGS ?=
serve: $(VENV)/package.stamp      ## open the gateway: models over HTTP, with keys (SERVE_FLAGS="--port 9000")
	$(PULL)
	exec $(BIN)/workbench serve $(SERVE_FLAGS)

pictures: $(VENV)/package.stamp   ## photograph the pages anew for the README (needs chromium)
	$(JUPYTER) $(BIN)/python tools/pictures.py

docs: $(VENV)/package.stamp       ## build the documentation, which reads offline: site/index.html
	$(SAY) 'building some 160 pages: half a minute on a machine with nothing else to do'
	@$(BIN)/python tools/docs.py

bench: $(VENV)/package.stamp      ## measure against peers, on a quiet machine: docs/benchmarks.md
	$(BIN)/workbench models pull smollm2-135m
	$(BIN)/python bench/run.py
	$(BIN)/python tools/benchmarks.py

SCALE ?= 20
soak: $(VENV)/package.stamp       ## run for long what finds rare faults: kills, leaks, a busy pool (SCALE=20)
	WORKBENCH_TEST_SCALE=$(SCALE) $(BIN)/python -m pytest -m soak --timeout 0 -rP $(PYTEST)
	$(BIN)/python bench/pool.py --requests $$((100 * $(SCALE)))

# Two processes, a file each; the order is that of tests/conftest.py, the longest first.
TWO := -n 2 --dist loadfile --no-loadscope-reorder
test: $(VENV)/package.stamp       ## run the tests
	$(BIN)/python -m pytest $(TWO) $(PYTEST)

# What a change is tried on while it is made: no model, browser, notebook, or test over 10 s.
unit: $(VENV)/package.stamp       ## run the quick tests: under 3 minutes on 2 cores
	$(BIN)/python -m pytest $(TWO) -m "not model and not browser and not notebook and not slow" $(PYTEST)

lint: $(VENV)/package.stamp       ## check style, types and the floors of the rooms
	$(BIN)/ruff check workbench tests tools bench
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/mypy tools
	$(BIN)/mypy bench

lock: $(VENV)/package.stamp       ## put what pyproject.toml needs in requirements.lock (newest: UPGRADE=--upgrade)
	$(BIN)/python tools/lock.py $(UPGRADE)
	$(BIN)/python tools/environment.py

generate: $(VENV)/package.stamp   ## write what is made from code: environment.yml, binder/, docs/reference/
	$(BIN)/python tools/environment.py
	$(BIN)/python tools/reference.py

clean:            ## remove the environment, the reports and the built documentation
	rm -rf $(VENV) reports site
