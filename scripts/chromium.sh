#!/usr/bin/env bash
# Prints the path of a Chromium for the browser tests, and installs one where
# it may: chromium.sh
set -euo pipefail

if [ -n "${CURFEW_TEST_CHROMIUM:-}" ]; then
  [ -x "$CURFEW_TEST_CHROMIUM" ] || { echo "CURFEW_TEST_CHROMIUM names no program: $CURFEW_TEST_CHROMIUM" >&2; exit 1; }
  echo "$CURFEW_TEST_CHROMIUM"
  exit
fi
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  if command -v "$name"; then exit; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing chromium for the browser tests" >&2
  apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >&2
  command -v chromium
  exit
fi
cat >&2 <<'END'
The browser tests need Chromium. Install it (Debian: sudo apt-get install chromium),
or name one that you have: CURFEW_TEST_CHROMIUM=/path/to/chrome make test
END
exit 1
