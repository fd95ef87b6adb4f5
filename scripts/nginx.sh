#!/usr/bin/env bash
# Prints the path of nginx for the example and its tests, and installs Debian's
# package where it may: nginx.sh
#
# The example starts an nginx of its own. No server is started by this, and none
# starts with the machine.
set -euo pipefail

find_nginx() {
  command -v nginx || for at in /usr/sbin/nginx /usr/local/sbin/nginx /usr/local/nginx/sbin/nginx; do
    if [ -x $at ]; then
      echo $at
      return
    fi
  done
}

found=$(find_nginx)
if [ -z "$found" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing nginx for the tests" >&2
  apt-get update -qq >&2
  # What this says keeps packages from starting what they bring.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx >&2
  if command -v systemctl >/dev/null; then systemctl disable nginx >&2 || true; fi
  found=$(find_nginx)
fi
if [ -n "$found" ]; then
  echo "$found"
  exit
fi
cat >&2 <<'END'
nginx is missing. Install it (Debian: sudo apt-get install nginx; it may be stopped
and disabled afterwards, the example starts one of its own), or put it into PATH.
END
exit 1
