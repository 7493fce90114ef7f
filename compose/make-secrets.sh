#!/bin/sh
# Makes what the stack keeps secret, once: random passwords, one file a reader. What exists is never touched, so it is safe to repeat.
#
#   sh compose/make-secrets.sh [DIRECTORY]      default: compose/secrets
#
# As root, each file belongs to the uid of the container that reads it and nobody else may (0400). As another user ownership cannot be
# given away: then the directory alone (0700) keeps other users of the machine out, which will do for a laptop.
set -eu
umask 077

here=$(cd "$(dirname "$0")" && pwd)
directory=${1:-$here/secrets}
root=false
[ "$(id -u)" = 0 ] && root=true

main() {
  mkdir -p "$directory"
  chmod 0700 "$directory"

  for role in superuser owner api monitor backup; do
    random | keep postgres/$role 999
  done
  printf 'postgres:5432:ledger:backup:%s\n' "$(cat "$directory/postgres/backup")" | keep backup/pgpass 999
  printf 'postgres://api:%s@postgres:5432/ledger' "$(cat "$directory/postgres/api")" | keep api/database-url 65532
  printf 'postgres://ledger_owner:%s@postgres:5432/ledger' "$(cat "$directory/postgres/owner")" | keep migrate/database-url 65532
  cat "$directory/postgres/monitor" | keep postgres-exporter/password 65534
  random | keep grafana/admin 472
  # The password for SMTP is somebody else's to give: an empty file until then.
  printf '' | keep grafana/smtp 472

  # The service knows a token by its hash only. The token itself is for whoever writes to the ledger, and no container reads it.
  if [ ! -e "$directory/api/tokens" ]; then
    random | keep tokens/deploy 0
    hash=$(sha256 < "$directory/tokens/deploy")
    printf '[{"name":"deploy","sha256":"%s","scopes":["read","releases:write","deployments:write"]}]' "$hash" | keep api/tokens 65532
  fi

  settings
}

# 32 random bytes in hexadecimal: no character that a URL or a file of passwords would need quoted.
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

sha256() { { sha256sum 2> /dev/null || shasum -a 256; } | cut -d ' ' -f 1; }

# keep FILE UID: standard input becomes the file, unless it exists.
keep() {
  file=$directory/$1
  if [ -e "$file" ]; then
    cat > /dev/null
    return
  fi
  mkdir -p "$(dirname "$file")"
  cat > "$file.part"
  if $root; then
    chown "$2" "$file.part"
    chmod 0400 "$file.part"
  else
    chmod 0444 "$file.part"
  fi
  mv "$file.part" "$file"
  echo "made $file"
}

# What only this machine knows goes into .env: the group of the Docker socket, and the colour that starts first.
settings() {
  env=${SLUICE_ENV_FILE:-$here/.env}
  touch "$env"
  socket=${SLUICE_DOCKER_SOCKET:-/var/run/docker.sock}
  if ! grep -q '^SLUICE_DOCKER_GID=' "$env"; then
    if [ -S "$socket" ]; then
      echo "SLUICE_DOCKER_GID=$(stat -c %g "$socket" 2> /dev/null || stat -f %g "$socket")" >> "$env"
    else
      echo "make-secrets.sh: $socket is no socket: start Docker, or name its socket in SLUICE_DOCKER_SOCKET" >&2
      exit 1
    fi
  fi
  grep -q '^COMPOSE_PROFILES=' "$env" || echo 'COMPOSE_PROFILES=blue' >> "$env"
}

main
