# What a machine needs beforehand: Go, Node, git, make and a C compiler (for
# -race). Everything else is fetched by the commands themselves: Go modules, npm
# packages, and Debian's PostgreSQL, nginx and Chromium for the tests.

SHELL := /bin/bash
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X github.com/curfew-auth/curfew/internal/cli.version=$(VERSION)
FUZZTIME ?= 20s
# Whatever is not watched for races is compiled in one way, and so only once.
BUILD := CGO_ENABLED=0 go build -trimpath
# What the pages are built from.
PAGES := package-lock.json $(shell git ls-files --cached --others --exclude-standard web packages \
	| grep -vE '/(test|e2e)/|\.md$$|\.go$$|\.gitkeep$$')

.PHONY: help run demo dev example example-go example-nginx example-own-login build web test test-go test-ui e2e fuzz check gen bench bench-feed bench-size bench-go pictures vuln

help: ## Print this
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build and start Curfew on embedded SQLite, and say where to click
	./bin/curfew serve

demo: build ## Start Curfew with an account that lives, in a temporary folder
	./bin/curfew demo

dev: node_modules/.package-lock.json ## Serve the pages with hot reload, in front of a running server (make run)
	npm run dev -w web

example: node_modules/.package-lock.json build ## Start a small product that embeds Curfew's parts, and a Curfew for it
	npm start -w examples/react-app

example-go: build ## Start a small Go API that verifies access tokens, and a Curfew for it
	@bash examples/go-api/start.sh

example-nginx: build ## Start a product that knows nothing of Curfew, behind an nginx that asks Curfew
	@bash scripts/nginx.sh >/dev/null
	CGO_ENABLED=0 go run -trimpath ./examples/nginx

example-own-login: node_modules/.package-lock.json build ## Start a small product with its own sign-in under Curfew, and a Curfew for it
	@bash examples/own-login/start.sh

build: web/dist/index.html ## Build bin/curfew with its pages
	$(BUILD) -ldflags '$(LDFLAGS)' -o bin/curfew ./cmd/curfew

web: web/dist/index.html ## Build the pages that bin/curfew serves

web/dist/index.html: node_modules/.package-lock.json $(filter-out %.gen.ts,$(PAGES)) | node-is-there
	npm run build -w web

node_modules/.package-lock.json: package-lock.json | node-is-there
	npm ci --no-fund --no-audit
	@touch $@

.PHONY: node-is-there
node-is-there:
	@command -v npm >/dev/null || { echo "Node is missing: install Node 20.19 or newer (Debian: apt-get install nodejs npm)"; exit 1; }

test: test-ui test-go e2e ## Run all tests: Go with the race detector, TypeScript, and in a browser

# The race detector passes over SQLite, which is C that became Go, and over what
# only computes: it has nothing to say about them, and makes them four times as
# slow. What calls them is watched like everything else. No package belongs here
# that synchronizes anything: what it orders would look like a race.
TRANSLATED := modernc.org/sqlite/lib modernc.org/libc modernc.org/memory
COMPUTING := crypto/internal/fips140/edwards25519/... golang.org/x/crypto/argon2 golang.org/x/crypto/blake2b \
	regexp/... strconv unicode/utf8 encoding/base64
UNWATCHED := $(TRANSLATED:%='-gcflags=%=-race=false -d=checkptr=0') $(COMPUTING:%=-gcflags=%=-race=false)

test-go: ## Run the tests of the server and of the verifier library
	@bash scripts/postgres.sh >/dev/null
	@bash scripts/nginx.sh >/dev/null
	go test -race $(UNWATCHED) -timeout 10m ./...
	cd verify && go test -race $(UNWATCHED) -timeout 10m ./... && CGO_ENABLED=0 go test -trimpath -run '^TestCost' .

test-ui: node_modules/.package-lock.json ## Run the tests of the packages and pages
	npx vitest run

e2e: build ## Run the tests in a browser
	@bash scripts/postgres.sh >/dev/null
	@bash scripts/nginx.sh >/dev/null
	$(BUILD) -o bin/postgres-test ./internal/pgserver/postgres-test
	$(BUILD) -o bin/example-nginx ./examples/nginx
	$(BUILD) -tags curfewtest -o bin/curfew-test ./cmd/curfew
	CURFEW_TEST_CHROMIUM=$$(bash scripts/chromium.sh) npm run e2e -w web

fuzz: ## Run each fuzz target for FUZZTIME (20s)
	@bash scripts/fuzz.sh $(FUZZTIME)

check: web/dist/index.html ## Formats, vet, linters, types, import rules, package sizes, generated files up to date
	@bash scripts/check.sh

gen: node_modules/.package-lock.json ## Make the generated files anew: OpenAPI document, TypeScript types, standards, copied vectors
	CGO_ENABLED=0 go run -trimpath ./cmd/curfew openapi > api/openapi.yaml.new && mv api/openapi.yaml.new api/openapi.yaml
	go run internal/policy/gen.go
	cp vectors/access-tokens.json vectors/revocations.json verify/testdata/
	npm run gen

bench: build ## Measure this machine and a server on it, on SQLite and on PostgreSQL
	./bin/curfew bench --database sqlite --rate half
	./bin/curfew bench --database postgres --rate half

bench-feed: ## Measure how revocations reach verifiers, on SQLite and on PostgreSQL with two nodes
	@bash scripts/postgres.sh >/dev/null
	cd verify && go run ./internal/feedbench

bench-size: build ## Measure refreshes in stores of 50,000 and 5,000,000 sessions, and plot it (long)
	./bin/curfew bench --database sqlite --cases size --plot bin/size-sqlite.svg
	./bin/curfew bench --database postgres --cases size --plot bin/size-postgres.svg

bench-go: ## Measure the hot functions, six times each, in the form that benchstat reads
	go test -run '^$$' -bench . -benchmem -count 6 ./internal/...
	cd verify && go test -run '^$$' -bench . -benchmem -count 6 ./...

pictures: build ## Take the pictures of the documentation anew
	$(BUILD) -tags curfewtest -o bin/curfew-test ./cmd/curfew
	CURFEW_TEST_CHROMIUM=$$(bash scripts/chromium.sh) npm run pictures -w web

vuln: ## Look for known vulnerabilities, where their database can be reached
	@bash scripts/vuln.sh
