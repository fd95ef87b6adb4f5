#!/usr/bin/env bash
# Runs every fuzz target for a while, one after the other: fuzz.sh [20s]
set -euo pipefail
time=${1:-20s}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

targets=$(go test -list '^Fuzz' ./... | awk '
  /^Fuzz/ { names[++n] = $1; next }
  /^ok/   { for (i = 1; i <= n; i++) print $2, names[i]; n = 0 }')
[ -n "$targets" ] || { echo "no fuzz target was found"; exit 1; }

while read -r package name; do
  echo "fuzz $name in $package"
  if go test "$package" -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 1x </dev/null >"$log" 2>&1; then
    tail -n 1 "$log"
  elif grep -q 'context deadline exceeded' "$log" && ! grep -q 'Failing input' "$log"; then
    # Go's fuzzer sometimes reports its own end of time as a failure.
    echo "ok  (time was up)"
  else
    cat "$log"
    exit 1
  fi
done <<<"$targets"
