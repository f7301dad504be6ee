#!/usr/bin/env bash
# Runs a command beside a Chroma server of its own, which is gone afterwards:
# tests/with_chroma_server.sh .venv/bin/python -m pytest. The command finds its address in ACCORDINGTO_TEST_CHROMA_URL.
set -euo pipefail

python=${PYTHON:-.venv/bin/python}
folder=$(mktemp -d)
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url="http://127.0.0.1:$port"
ANONYMIZED_TELEMETRY=False "$python" -c 'from chromadb.cli.cli import app; app()' \
    run --path "$folder" --host 127.0.0.1 --port "$port" >"$folder/log" 2>&1 &
server=$!
stop() {
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
for _ in $(seq 300); do
    kill -0 "$server" 2>/dev/null || { cat "$folder/log"; exit 1; }
    "$python" -c "import urllib.request as r; r.urlopen('$url/api/v2/heartbeat')" 2>/dev/null && ready=yes && break
    sleep 0.2
done
[ -n "${ready:-}" ] || { echo "the Chroma server does not answer"; exit 1; }
ACCORDINGTO_TEST_CHROMA_URL=$url "$@"
