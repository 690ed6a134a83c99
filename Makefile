# What a learner or a developer types. The virtual environment makes itself, and again when pyproject.toml or uv.lock change.
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.synced
export PYTHON ?= python3
# Compiled once, not by each of the hundred processes that tests start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := lab
.PHONY: lab demo setup test test-live test-vagrant test-pods test-class check bench pictures snapshots clean help

lab: $(STAMP)  ## open the app; it sets up and starts what is missing (default)
	@$(BIN)/ckslab --yes

demo: $(STAMP)  ## open the app on recordings; no cluster, no container runtime
	@$(BIN)/ckslab demo

setup: $(STAMP)  ## install what the lab needs and get the node image
	@$(BIN)/ckslab setup --yes

test: $(STAMP)  ## unit, app and replay tests; no cluster
	@$(BIN)/pytest --numprocesses=auto --dist=worksteal --ignore=tests/live --ignore=tests/vagrant --ignore=tests/pods --ignore=tests/workshop

test-live: $(STAMP)  ## make a lab, prove the exercises on it, remove it
	@$(BIN)/pytest tests/live

test-vagrant: $(STAMP)  ## make a lab of virtual machines, prove exercises on it, remove it; two hours where a processor is emulated
	@$(BIN)/pytest tests/vagrant

test-pods: $(STAMP)  ## make a cluster of kind and a lab of Pods on it, try exercises there, remove both
	@$(BIN)/pytest tests/pods

test-class: $(STAMP)  ## make a class of three on kind, work in it by browser and by ssh, remove it; needs chromium
	@$(BIN)/pytest tests/workshop

check: $(STAMP)  ## lint, format, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/mypy vagrant/box.py
	@$(BIN)/lint-imports

pictures: $(STAMP)  ## make the pictures of the README files anew
	@$(BIN)/python docs/pictures/make.py

snapshots: $(STAMP)  ## draw the pictures anew that tests hold the app against; look at what has changed
	@DRAW_SNAPSHOTS=1 $(BIN)/pytest tests/ui/test_appearance.py

bench: $(STAMP)  ## print figures that matter, as ratios; a lab is made and removed twice
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench.classroom
	@$(BIN)/python -m bench.lab

clean:  ## remove what make and the tools made here; labs and the image cache stay
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

help:  ## show this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

$(STAMP): pyproject.toml uv.lock bin/venv
	@bin/venv $(abspath $(VENV))
	@touch $@
