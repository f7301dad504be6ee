#!/usr/bin/env bash
# Runs a command beside a PostgreSQL server of its own, which is gone afterwards: tests/with_postgres.sh make test
# The command finds its address in ACCORDINGTO_TEST_DATABASE_URL, and in ACCORDINGTO_TEST_DATABASE_CONTROL what stops and
# starts it: sh -c "$ACCORDINGTO_TEST_DATABASE_CONTROL stop".
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
# Ended as by a power cut, for the machine goes on.
control="cd / && ${as[*]} $programs/pg_ctl -D $folder/data -l $folder/log -m immediate -w"
stop() {
    sh -c "$control stop" >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT
(
    cd /
    "${as[@]}" "$programs/initdb" -D "$folder/data" -A trust -U accordingto --encoding UTF8 --locale C >/dev/null
    cat >>"$folder/data/postgresql.conf" <<EOF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = ''
max_connections = 200
fsync = off # nothing here has to survive a power cut of the machine
EOF
    sh -c "$control start" >/dev/null
    "${as[@]}" "$programs/createdb" -h 127.0.0.1 -p "$port" -U accordingto accordingto
)
export ACCORDINGTO_TEST_DATABASE_URL="postgresql://accordingto@127.0.0.1:$port/accordingto"
export ACCORDINGTO_TEST_DATABASE_CONTROL=$control
"$@"
