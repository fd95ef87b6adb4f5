#!/usr/bin/env bash
# Starts Curfew on a folder of its own and the product under it: start.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
curfew=$root/bin/curfew
export CURFEW=http://127.0.0.1:${CURFEW_PORT:-8094} ADDR=127.0.0.1:${PRODUCT_PORT:-8095}

data=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$data"' EXIT
trap 'exit 130' INT TERM

cd "$root"
npm run --silent build -w packages/client -w packages/react >"$data/build.log" 2>&1 || { cat "$data/build.log"; exit 1; }
cd "$here/after"
(cd web && npm run --silent build -- --logLevel warn)
CGO_ENABLED=0 go build -trimpath -o "$data/berth" . # as Curfew is built: SQLite is compiled once

# The product's back end is the proxy through which browsers reach Curfew.
"$curfew" serve --addr "${CURFEW#http://}" --admin-addr '' --data-dir "$data/curfew" \
  --trusted-proxies 127.0.0.1 --signup closed >"$data/curfew.log" 2>&1 &
authority=$!
until curl -fs "$CURFEW/readyz" >/dev/null; do
  kill -0 "$authority" 2>/dev/null || { cat "$data/curfew.log"; exit 1; }
  sleep 0.2
done

CURFEW_KEY=$("$curfew" service-keys create --data-dir "$data/curfew" --name berth \
  --scope sessions:write,accounts:write,revocations:read | sed -n 's/^Key: //p')
echo "Curfew is at $CURFEW, and its log in $data/curfew.log"
export CURFEW_KEY DATABASE=$data/berth.db

"$data/berth" &
wait $!
