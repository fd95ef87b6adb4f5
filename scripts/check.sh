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

# The two languages' checks know nothing of each other, and run side by side.
fresh=$(mktemp -d)
trap 'wait; rm -rf "$fresh"' EXIT

packages() {
  npx biome check --error-on-warnings .
  npx tsc --noEmit
  npm run build -w packages/client -w packages/react >/dev/null
  npm run package -w packages/client -w packages/react >/dev/null || npm run package -w packages/client -w packages/react
  node scripts/sizes.mjs
}
(set -e; packages) >"$fresh/packages.log" 2>&1 &
packages=$!

# As make builds: what is compiled here is not compiled again there.
export CGO_ENABLED=0 GOFLAGS="$(go env GOFLAGS) -trimpath"

echo "go vet"
go vet ./...
go vet -tags curfewtest ./cmd/... ./internal/server/... ./internal/cli/...
# Modules of their own.
modules="verify examples/go-api examples/own-login/before examples/own-login/after"
for module in $modules; do (cd "$module" && go vet ./...); done

echo "staticcheck"
go tool staticcheck ./...
go build -o "$fresh/staticcheck" honnef.co/go/tools/cmd/staticcheck
for module in $modules; do (cd "$module" && "$fresh/staticcheck" ./...); done

echo "import rules"
go test -count=1 ./internal/

echo "biome, types, packages and their sizes"
wait $packages || { cat "$fresh/packages.log"; exit 1; }
grep '^ok ' "$fresh/packages.log"

echo "lock file"
if grep -nE '"resolved": "https?:' package-lock.json; then
  echo "the lock file names hosts: remove it and node_modules, and run npm install"
  exit 1
fi

echo "generated files"
generated="api/openapi.yaml packages/client/src/schema.gen.ts packages/react/src/standards.gen.ts vectors/standards.json verify/testdata/access-tokens.json verify/testdata/revocations.json"
for file in $generated; do
  mkdir -p "$fresh/$(dirname "$file")"
  cp "$file" "$fresh/$file"
done
make -s gen >/dev/null
stale=
for file in $generated; do
  diff -u "$fresh/$file" "$file" || stale="$stale $file"
done
if [ -n "$stale" ]; then
  echo "these were out of date and are made anew now; commit them:$stale"
  exit 1
fi
go mod tidy -diff
for module in $modules; do (cd "$module" && go mod tidy -diff); done
echo "all checks passed"
