# Everything a newcomer or CI runs. Needs make and Python 3.11; tools/setup brings the rest into .venv.

BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo install test e2e dashboards-check-types dashboards-preview nightly bench-limiter bench-scale lint format docs lock docker-check clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-22s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## Install the daemon into .venv
	@tools/setup run

demo: ## See everything working against a simulated exchange: no key, nothing sent to anybody
	@tools/setup run
	@exec tools/demo

test: lint ## Lint, then run every test
	@command -v promtool >/dev/null || tools/debian-fetch prometheus || :
	@command -v amtool >/dev/null || tools/debian-fetch prometheus-alertmanager || :
	$(BIN)/pytest -n 2

e2e: ## Prove every alert by a fault, on a real Prometheus and Alertmanager: five minutes
	@tools/setup dev
	@tools/debian-fetch prometheus prometheus-alertmanager
	@PYTHONPATH=daemon:. $(BIN)/python -m e2e run $(ARGS)

PREVIEW := tools/preview-setup run dashboards/preview/node_modules/.bin/tsx dashboards/preview/src/cli.ts

dashboards-check-types: ## Check the dashboards against Grafana's own types
	@tools/preview-setup types
	@$(PREVIEW) check-types dashboards

dashboards-preview: ## Draw the dashboards with Grafana's components, from what make e2e has left
	@tools/setup dev
	@tools/preview-setup
	@[ -e .e2e/run.json ] || $(MAKE) e2e
	@PYTHONPATH=daemon:. $(BIN)/python -m e2e pictures

nightly: ## Look for what breaks the limiter as long as a night lasts
	@tools/setup dev
	UPBIT_MONITOR_WORLDS=2000 HYPOTHESIS_PROFILE=nightly \
	  $(BIN)/pytest -n 2 --timeout 3600 tests/quota tests/bench

bench-limiter: ## Judge our limiter beside six others: one table (ARGS=--help tells how to ask for less)
	@tools/setup dev
	@$(BIN)/python -m bench.limiter $(ARGS)

bench-scale: ## See what one daemon carries: 800 markets a second, four regions (ARGS=--seconds 10)
	@tools/setup run
	@PYTHONPATH=daemon $(BIN)/python -m bench.scale $(ARGS)

lint: ## Check style, types, imports and shell
	@tools/setup dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/shellcheck tools/* .ci/run
	$(BIN)/hadolint Dockerfile

format: ## Format the code and fix what can be fixed
	@tools/setup dev
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

docs: ## Write what is generated anew: METRICS.md, CONFIGURATION.md, the schema, rules, dashboards
	@tools/setup run
	$(BIN)/upbit-monitor metrics-doc > METRICS.md
	$(BIN)/upbit-monitor config-doc > CONFIGURATION.md
	$(BIN)/upbit-monitor config-schema > config/upbit-monitor.schema.json
	PYTHONPATH=daemon:. $(BIN)/python -m mixin

lock: ## Pin the newest releases of what pyproject.toml asks for
	@tools/setup dev
	tools/lock

docker-check: ## Build the image and run it, without Docker (Debian, as root)
	tools/docker-check

clean: ## Remove what these targets made
	rm -rf .venv .tools .*_cache .hypothesis dist
	rm -rf dashboards/preview/node_modules
	rm -rf .e2e
	find bench daemon e2e mixin tests -name __pycache__ -prune -exec rm -rf {} +
