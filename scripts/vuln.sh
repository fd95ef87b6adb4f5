#!/usr/bin/env bash
# Looks for known vulnerabilities. Where the database cannot be reached, says
# so in one line and is no failure.
set -uo pipefail
if ! out=$(go tool govulncheck ./... 2>&1); then
  if grep -qE 'fetching vulnerabilities|dial tcp|no such host|connection refused|proxyconnect|i/o timeout|TLS handshake|Forbidden' <<<"$out"; then
    echo "vuln: skipped, the vulnerability database cannot be reached from here"
    exit 0
  fi
  printf '%s\n' "$out"
  exit 1
fi
printf '%s\n' "$out"
