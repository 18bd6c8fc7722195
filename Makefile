# The only door: every task of the project is a target here.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
# Clinics often have a certificate authority of their own, which only the system knows.
UV_SYSTEM_CERTS ?= true
export PYTHON UV_SYSTEM_CERTS

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check lint bench verify docs edges mutants pictures cover fix lock clean words

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1 /p' Makefile | while read -r target what; do printf '%-9s %s\n' "$$target" "$$what"; done

run: .venv/.core ## serve a made-up practice with two clinics, and print how to sign in (ARGS="--port 9000")
	$(BIN)/afterthread serve --demo $(ARGS)

test: lint ## everything that must hold: lint, tests on both databases, protocol, proofs, sources (ARGS="-k word")
	$(BIN)/python -m pytest -n auto $(ARGS)
	TEST_DATABASE=postgresql $(BIN)/python -m pytest -n auto -m "django_db and not pictures" $(ARGS)
	$(BIN)/afterthread check
	$(BIN)/afterthread verify
	$(BIN)/afterthread sources
	$(BIN)/python -m scripts.docs --check

check: lint ## lint, types, import contracts and the architecture tests
	$(BIN)/python -m pytest tests/architecture

lint: .venv/.dev ## style, types and import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy src tests $(wildcard bench/*.py scripts/*.py)
	$(BIN)/lint-imports --no-logo

bench: .venv/.dev ## measure speed and safety against the peers, side by side
	$(BIN)/python -m bench.run

verify: .venv/.core ## prove the shipped protocol, or print the check-in that refutes it
	$(BIN)/afterthread verify

docs: .venv/.dev ## write the generated reference pages anew
	$(BIN)/python -m scripts.docs

edges: .venv/.dev ## write the worked cases at the edge of every window anew; read their diff
	$(BIN)/python -m scripts.edges

mutants: .venv/.dev ## break the rules on purpose and count what nobody notices
	$(BIN)/python -m bench.mutants

pictures: .venv/.dev ## take the pictures of the README anew, from the made-up practice
	$(BIN)/python -m scripts.pictures

cover: .venv/.dev ## show the lines that no test reaches
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage report

fix: .venv/.dev ## mend style where a tool can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# A week's distance keeps a package that was hijacked today out of the locks.
COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--exclude-newer "7 days" --custom-compile-command "make lock"

lock: .venv/.core ## write the hash-locked requirements anew, at their newest
	$(COMPILE) --group build --output-file requirements/build.txt
	$(COMPILE) pyproject.toml --extra replay --extra clinic --output-file requirements/core.txt
	$(COMPILE) pyproject.toml --extra replay --extra clinic --group build --group dev --group bench \
		--constraint requirements/build.txt --constraint requirements/core.txt --output-file requirements/dev.txt

clean: ## remove the environment, the caches and what was built
	rm -rf .venv .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

words: .venv/.dev ## collect what pages say for translation, compile it, and name what is missing (needs gettext)
	$(BIN)/python -m scripts.words

.venv/.core: requirements/build.txt requirements/core.txt pyproject.toml scripts/bootstrap
	scripts/bootstrap core

.venv/.dev: requirements/build.txt requirements/dev.txt pyproject.toml scripts/bootstrap
	scripts/bootstrap dev
