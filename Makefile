# The one door. npm scripts are aliases of these targets or single commands that these call.
# Needs a Node (20 or newer) with npm and nothing else: `setup` installs the pinned Node 24.

SHELL := /bin/bash
.DEFAULT_GOAL := help

SYSTEM_PATH := $(PATH)
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

# Where the corpus of reports lies that oracle and corpus tests compare with; they are skipped
# without it, unless REQUIRE_CORPUS=1.
CORPUS ?= ../shared/data
export CORPUS

# Test files beside each other: on two cores Node itself would take one at a time.
TESTS = node --test --test-reporter=spec --test-concurrency=3
PRETTIER = prettier --log-level warn

##@ Use

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: node_modules/.package-lock.json ## Install exactly what package-lock.json says (does nothing when it is there)

# npm writes this file itself. The system's Node runs npm here, for npm replaces the pinned one.
node_modules/.package-lock.json: package-lock.json
	PATH="$(SYSTEM_PATH)" npm ci --loglevel=error
	@touch $@

.PHONY: run
run: setup ## Do the main job on the example reports: ingest, analyse, publish, summary
	npm run -s faultline -- ingest examples/reports
	npm run -s faultline -- run --until-idle --log-level warn

.PHONY: demo
demo: setup ## The same with 100,000 synthetic events
	npm run -s faultline -- generate --count 100000
	npm run -s faultline -- run --until-idle --log-level warn

.PHONY: build
build: setup ## Compile to dist/
	tsc -p tsconfig.build.json

# Docker with Compose is there, or what to do about it.
DOCKER = docker compose version >/dev/null 2>&1 || { \
	echo 'make $@: there is no `docker compose` here. Install Docker, or use brokers that run already: docs/guide/kafka.md' >&2; exit 1; }

.PHONY: up
up: ## Kafka, its topics and faultline on them, in containers (docs/guide/kafka.md)
	@$(DOCKER)
	docker compose up --build --detach --wait

.PHONY: down
down: ## Stop those; what Kafka holds stays
	@$(DOCKER)
	docker compose --profile '*' down --remove-orphans

##@ Check

.PHONY: check
check: format lint types borders deadcode docs-check ## All of the checks below

.PHONY: format
format: setup ## Formatting (repair with `make fix`)
	$(PRETTIER) --check .

.PHONY: lint
lint: setup ## Rules of the code, with types
	oxlint --deny-warnings

.PHONY: types
types: setup ## Types of everything
	tsc --noEmit -p .

.PHONY: borders
borders: setup ## Who may import whom
	depcruise src workers

.PHONY: deadcode
deadcode: setup ## What nothing uses
	knip

.PHONY: docs-check
docs-check: setup ## Generated reference is up to date, every public export is documented
	node docs/generate.ts --check
	typedoc --emit none

.PHONY: fix
fix: setup ## Format, repair what the linter can, write the generated reference
	$(PRETTIER) --write .
	oxlint --fix
	node docs/generate.ts

.PHONY: docs
docs: setup ## Write the generated reference and the API pages (docs/api)
	node docs/generate.ts
	typedoc

##@ Test

.PHONY: test
test: setup ## All tests, in under three minutes
	$(TESTS) 'test/{unit,contract,sim,integration,e2e}/**/*.test.ts'

.PHONY: unit contract integration e2e
unit contract integration e2e: setup
	$(TESTS) 'test/$@/**/*.test.ts'
unit: ## Functions and small parts, no I/O
contract: ## What each implementation of a port promises
integration: ## Real threads, files and sockets
e2e: ## The command itself, kill -9 included

# kafkajs 2.2.4 sets timers of a negative length, which Node 24 warns of.
KAFKAJS = node --disable-warning=TimeoutNegativeWarning

# Those that say most in least time: what every implementation promises, the group, the commands.
SHORT_KAFKA = --test-concurrency=3 $(wildcard test/kafka/contract-*.test.ts) $(patsubst %,test/kafka/%.test.ts,source-group source-ends commands)

.PHONY: test-kafka
test-kafka: setup ## On a real broker (Java and Maven, or KAFKA_BROKERS): all, SHORT=1, or ARGS='FILE ...'
	$(KAFKAJS) test/kafka/main.ts $(or $(ARGS),$(if $(SHORT),$(SHORT_KAFKA)))

SEEDS ?= 1000
FROM ?= 1

.PHONY: sim
sim: setup ## The engine in a simulated world: SEEDS=N [FROM=S] [JOBS=J], or SEED=N to replay one
	node test/sim/run.ts $(if $(SEED),--seed $(SEED),--seeds $(SEEDS) --from $(FROM) $(if $(JOBS),--jobs $(JOBS)))

.PHONY: mutants
mutants: setup ## Planted bugs: how many seeds find each
	node test/sim/mutants/run.ts

MINUTES ?= 10

.PHONY: chaos
chaos: setup ## The running command under every fault, in both modes: MINUTES=10 [SEED=N]
	node test/chaos/main.ts --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

.PHONY: chaos-kafka
chaos-kafka: setup ## Groups of it on three real brokers under every fault, in both modes: MINUTES=10 [SEED=N]
	$(KAFKAJS) test/chaos-kafka/main.ts --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

.PHONY: bench
bench: setup ## Sync against async publish, the engine's own cost, micro-benchmarks
	$(KAFKAJS) bench/main.ts

.PHONY: bench-gate
bench-gate: setup ## What the hot parts cost, as multiples of JSON.parse, against declared limits
	node bench/gate.ts

.PHONY: oracle
oracle: setup ## The analysis against a corpus of real reports (CORPUS=DIR)
	$(TESTS) 'test/oracle/**/*.test.ts'

.PHONY: coverage
coverage: setup ## Which lines the tests run
	c8 --all --src src --src workers --reporter text-summary --reporter html $(TESTS) 'test/{unit,contract,sim,integration}/**/*.test.ts'

.PHONY: clean
clean: ## Remove what was built (neither node_modules nor your log)
	rm -rf dist coverage docs/api
