#!/usr/bin/env bash
# Prints the folder of PostgreSQL's programs (initdb, postgres) for the tests,
# and installs Debian's package where it may: postgres.sh
#
# The tests start servers of their own. No server is started by this, and none
# starts with the machine.
set -euo pipefail

oldest=15

# folder prints the folder that the tests would find, if any: internal/pgserver
# looks into the same places.
folder() {
  local initdb candidate version
  initdb=$(command -v initdb || true)
  for candidate in ${initdb:+"$(dirname "$(readlink -f "$initdb")")"} $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5,5nr); do
    [ -x "$candidate/initdb" ] && [ -x "$candidate/postgres" ] && [ -x "$candidate/pg_basebackup" ] || continue
    version=$("$candidate/postgres" --version | sed -E 's/.*\(PostgreSQL\) ([0-9]+).*/\1/')
    if [ "$version" -ge "$oldest" ]; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

if folder; then exit; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing postgresql for the tests" >&2
  apt-get update -qq >&2
  # This comes first: its settings say whether the server's package makes a
  # server of the machine's own and starts it.
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-common >&2
  sed -i -E 's/^#? *create_main_cluster *=.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >&2
  if folder; then exit; fi
  echo "Debian's postgresql is older than $oldest here" >&2
fi
cat >&2 <<END
The tests need PostgreSQL $oldest or newer: its server programs, no running server.
Install them (Debian: sudo apt-get install postgresql), or put the folder that
holds initdb and postgres into PATH.
END
exit 1
