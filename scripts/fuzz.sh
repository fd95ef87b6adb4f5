#!/usr/bin/env bash
# Runs every fuzz target for a while, one after the other: fuzz.sh [20s]
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-20s}
# As make builds: what is not instrumented is compiled already.
export CGO_ENABLED=0 GOFLAGS="$(go env GOFLAGS) -trimpath"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cache=$(go env GOCACHE)/fuzz

# Lines of "folder target", a folder's targets together: each is built once.
targets=$(git grep --untracked -oE '^func Fuzz[A-Za-z0-9_]+' -- '*_test.go' |
  sed -E 's|^(.*)/[^/]+:func (.*)$|\1 \2|' | sort)
[ -n "$targets" ] || { echo "no fuzz target was found"; exit 1; }

built=
while read -r folder name; do
  if [ "$folder" != "$built" ]; then
    # From its folder, which may be of another module.
    (cd "$folder" && go test -c -fuzz . -o "$work/targets" .)
    package=$(cd "$folder" && go list .)
    built=$folder
  fi
  echo "fuzz $name in $folder"
  # From its folder, where it has its seeds and would leave an input that fails.
  if (cd "$folder" && "$work/targets" -test.run '^$' -test.fuzz "^$name\$" -test.fuzztime "$time" \
    -test.fuzzminimizetime 1x -test.fuzzcachedir "$cache/$package") </dev/null >"$work/log" 2>&1; then
    # A name that the binary does not know is no failure to it.
    grep -q '^fuzz: elapsed' "$work/log" || { echo "$name did not run"; cat "$work/log"; exit 1; }
    grep '^fuzz: elapsed' "$work/log" | tail -n 1
  elif grep -q 'context deadline exceeded' "$work/log" && ! grep -q 'Failing input' "$work/log"; then
    # Go's fuzzer sometimes reports its own end of time as a failure.
    echo "ok  (time was up)"
  else
    cat "$work/log"
    exit 1
  fi
done <<<"$targets"
