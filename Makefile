# Everything a developer or a learner types. The virtual environment makes itself.
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.synced

.PHONY: lab setup test test-live check bench clean
.DEFAULT_GOAL := lab

lab: $(STAMP)  ## Open the app, after whatever it needs.
	@$(BIN)/ckslab setup --yes && $(BIN)/ckslab

setup: $(STAMP)  ## System packages and the node image.
	@$(BIN)/ckslab setup --yes

test: $(STAMP)  ## Unit, app and replay tests; no cluster.
	@$(BIN)/pytest -n auto tests/unit tests/ui tests/replay

test-live: $(STAMP)  ## Makes a lab of its own, proves the exercises on it, removes it.
	@$(BIN)/pytest tests/live

check: $(STAMP)  ## Lint, types, import contracts.
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

bench: $(STAMP)
	@$(BIN)/python -m bench

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(STAMP): pyproject.toml uv.lock
	@bin/venv $(VENV)
	@touch $@
