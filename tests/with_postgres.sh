#!/usr/bin/env bash
# Runs a command beside a PostgreSQL server of its own, which is gone afterwards: tests/with_postgres.sh make test
# The command finds its address in ACCORDINGTO_TEST_DATABASE_URL.
set -euo pipefail

programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$programs" ] || programs=$(dirname "$(command -v initdb)") || { echo "install PostgreSQL: apt-get install postgresql"; exit 1; }
folder=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
as=()
if [ "$(id -u)" = 0 ]; then # which the server refuses to run as
    chown postgres "$folder"
    as=(runuser -u postgres --)
fi
stop() {
    (cd / && "${as[@]}" "$programs/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1) || true
    rm -rf "$folder"
}
trap stop EXIT
(
    cd /
    "${as[@]}" "$programs/initdb" -D "$folder/data" -A trust -U accordingto --encoding UTF8 --locale C >/dev/null
    # Nothing here has to survive a power cut.
    "${as[@]}" "$programs/pg_ctl" -D "$folder/data" -l "$folder/log" -w start -o \
        "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories= -c max_connections=200 -c fsync=off" >/dev/null
    "${as[@]}" "$programs/createdb" -h 127.0.0.1 -p "$port" -U accordingto accordingto
)
export ACCORDINGTO_TEST_DATABASE_URL="postgresql://accordingto@127.0.0.1:$port/accordingto"
"$@"
