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
go vet -tags curfewtest ./cmd/... ./internal/server/... ./internal/cli/...

echo "staticcheck"
go tool staticcheck ./...

echo "import rules"
go test -count=1 ./internal/

echo "biome"
npx biome check --error-on-warnings .

echo "types"
npx tsc --noEmit

echo "packages"
npm run build -w packages/client -w packages/react >/dev/null
npm run package -w packages/client -w packages/react >/dev/null || npm run package -w packages/client -w packages/react

echo "sizes"
node scripts/sizes.mjs

echo "lock file"
if grep -nE '"resolved": "https?:' package-lock.json; then
  echo "the lock file names hosts: remove it and node_modules, and run npm install"
  exit 1
fi

echo "generated files"
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
generated="api/openapi.yaml packages/client/src/schema.gen.ts packages/react/src/standards.gen.ts vectors/standards.json"
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
echo "all checks passed"
