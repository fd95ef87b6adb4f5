#!/usr/bin/env bash
# Prints the path of a Chromium for the browser tests, and installs one where
# it may: chromium.sh
set -euo pipefail

if [ -n "${CURFEW_TEST_CHROMIUM:-}" ]; then
  [ -x "$CURFEW_TEST_CHROMIUM" ] || { echo "CURFEW_TEST_CHROMIUM names no program: $CURFEW_TEST_CHROMIUM" >&2; exit 1; }
  echo "$CURFEW_TEST_CHROMIUM"
  exit
fi

# The browser without its windows does the same in half the time.
shell=chromium-headless-shell
if command -v $shell; then exit; fi

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }
install() {
  echo "installing $1 for the browser tests" >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null 2>&1
}
lists_are_fresh() {
  apt-get update -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20 >&2
}

other() {
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v $name; then return; fi
  done
  return 1
}
# A machine for tests alone may get a second browser; a person's may not.
if may_install && { [ -n "${CI:-}" ] || ! other >/dev/null; }; then
  if install $shell || { lists_are_fresh && install $shell; }; then
    command -v $shell
    exit
  fi
fi
if other; then exit; fi
if may_install && install chromium; then
  command -v chromium
  exit
fi
cat >&2 <<'END'
The browser tests need Chromium. Install it (Debian: sudo apt-get install chromium-headless-shell,
elsewhere chromium), or name one that you have: CURFEW_TEST_CHROMIUM=/path/to/chrome make e2e
END
exit 1
