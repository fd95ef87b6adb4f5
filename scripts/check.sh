#!/usr/bin/env bash
# What must hold of the code beside its tests. Prints what is wrong, if anything.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "gofmt"
unformatted=$(git ls-files '*.go' | xargs gofmt -l)
if [ -n "$unformatted" ]; then
  printf 'run gofmt -w on:\n%s\n' "$unformatted"
  exit 1
fi

echo "go vet"
go vet ./...

echo "staticcheck"
go tool staticcheck ./...

echo "import rules"
go test -count=1 ./internal/

echo "generated files"
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
go run ./cmd/curfew openapi >"$fresh"
if ! diff -u api/openapi.yaml "$fresh"; then
  echo "run make gen"
  exit 1
fi
go mod tidy -diff
echo "all checks passed"
