# What a machine needs beforehand: Go, git, make and a C compiler (for -race).
# Everything else is fetched by the commands themselves through the Go proxy.

SHELL := /bin/bash
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X github.com/curfew-auth/curfew/internal/cli.version=$(VERSION)
FUZZTIME ?= 20s

.PHONY: help run test check gen bench build vuln fuzz

help: ## Print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build and start Curfew on embedded SQLite, and say where to click
	./bin/curfew serve

build: ## Build bin/curfew
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/curfew ./cmd/curfew

test: ## Run all tests, with the race detector
	go test -race -timeout 10m ./...

fuzz: ## Run each fuzz target for FUZZTIME (20s)
	@bash scripts/fuzz.sh $(FUZZTIME)

check: ## gofmt, vet, staticcheck, import rules, generated files up to date
	@bash scripts/check.sh

gen: ## Make the generated files anew: api/openapi.yaml
	go run ./cmd/curfew openapi > api/openapi.yaml.new && mv api/openapi.yaml.new api/openapi.yaml

bench: build ## Measure refresh, session check and sign-in on this machine
	./bin/curfew bench

vuln: ## Look for known vulnerabilities, where their database can be reached
	@bash scripts/vuln.sh
