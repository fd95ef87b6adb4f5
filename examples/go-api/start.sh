#!/usr/bin/env bash
# Starts Curfew on a folder of its own and this API behind it: start.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
curfew=$here/../../bin/curfew
export CURFEW=http://127.0.0.1:${CURFEW_PORT:-8092} ADDR=127.0.0.1:${API_PORT:-8093}

data=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$data"' EXIT
trap 'exit 130' INT TERM

"$curfew" serve --addr "${CURFEW#http://}" --admin-addr '' --data-dir "$data" &
authority=$!
until curl -fs "$CURFEW/readyz" >/dev/null; do
  kill -0 "$authority" 2>/dev/null || exit 1 # it has said why
  sleep 0.2
done

# A key of its own, for following what is revoked and for nothing else.
SERVICE_KEY=$("$curfew" service-keys create --data-dir "$data" --name orders --scope revocations:read | sed -n 's/^Key: //p')
export SERVICE_KEY

cd "$here"
go build -o "$data/orders" .
"$data/orders" &
wait $!
