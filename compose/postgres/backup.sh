#!/bin/bash
# Dumps the ledger, and proves that a dump can be restored.
#
#   backup.sh nightly   every night at BACKUP_AT (and at once if there is no dump of the last day); drills on BACKUP_DRILL_DAY
#   backup.sh once      one dump now
#   backup.sh drill     restores the newest dump into a scratch server and compares it with its manifest
#
# A dump is three steps, so that a file under its final name is whole: written as .part, read back by pg_restore, renamed. Beside it lies
# a manifest: the number of rows of each table and a checksum over them, taken in the very snapshot that pg_dump saw.
# Results go to *.prom files, which Alloy shows to Prometheus; the alerts BackupStale and RestoreDrillFailed stand on them.
set -euo pipefail
umask 077

# Two volumes, at the places where the image has directories of the right owner; compose.yaml says why.
readonly directory=/var/lib/postgresql/data metrics=/var/run/postgresql scratch=/scratch

main() {
  export PGCONNECT_TIMEOUT=10
  # libpq refuses a password file that others may read, and a laptop's secret files are such.
  if [ "${PGPASSFILE:-/tmp/pgpass}" != /tmp/pgpass ]; then
    install -m 0600 "$PGPASSFILE" /tmp/pgpass
    export PGPASSFILE=/tmp/pgpass
  fi
  case "${1:-}" in
    nightly) nightly ;;
    once) dump ;;
    drill) drill ;;
    # For drill alone: a process of its own, since bash forgets `set -e` inside of a condition.
    restore) restore_and_compare "$2" ;;
    *)
      say ERROR 'say what to do: nightly, once or drill'
      exit 2
      ;;
  esac
}

nightly() {
  [[ "$BACKUP_AT" =~ ^([01][0-9]|2[0-3]):[0-5][0-9]$ ]] || {
    say ERROR "BACKUP_AT is '$BACKUP_AT': write hours and minutes, such as 02:30"
    exit 2
  }
  local last='' today
  # A new host, or one that slept through its hour, has a dump within minutes.
  if [ -z "$(find "$directory" -name '*.dump' -mmin -1440 -print -quit)" ]; then attempt; fi
  while true; do
    touch /tmp/alive
    today=$(date -u +%F)
    if [ "$(date -u +%H:%M)" = "$BACKUP_AT" ] && [ "$last" != "$today" ]; then
      last=$today
      attempt
    fi
    sleep 20
  done
}

# A night that failed is tried again twice; the loop goes on whatever happens, and the alert watches the age of the last success.
attempt() {
  local try
  for try in 1 2 3; do
    # A database that hangs must not hang the loop.
    if timeout 5h "$BASH" "$0" once; then
      if [ "$(date -u +%u)" = "${BACKUP_DRILL_DAY:-}" ]; then "$BASH" "$0" drill || true; fi
      return
    fi
    say WARN "attempt $try of 3 failed"
    touch /tmp/alive
    sleep 60
  done
  say ERROR 'no dump was made; the newest one stays'
}

dump() {
  local began name part
  began=$(date +%s)
  name="$directory/ledger-$(date -u +%Y%m%dT%H%M%SZ).dump"
  part="$name.part"
  rm -f "$directory"/*.part /tmp/dumped

  # One transaction holds the snapshot; pg_dump reads it, and so do the counts.
  export PART="$part"
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 <<'SQL'
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \gset
\setenv SNAPSHOT :snapshot
\! pg_dump --format=custom --no-password --snapshot="$SNAPSHOT" --file="$PART" && touch /tmp/dumped
\i /etc/postgresql/manifest.sql
COMMIT;
SQL
  [ -e /tmp/dumped ] || { say ERROR 'pg_dump failed'; return 1; }
  [ -s /tmp/manifest ] || { say ERROR 'the manifest is empty: the database has no table'; return 1; }
  pg_restore --list "$part" > /tmp/list
  sync "$part"
  mv /tmp/manifest "${name%.dump}.manifest"
  mv "$part" "$name"

  # The newest is kept however old it is: the database may have been unreachable for weeks.
  find "$directory" -name '*.dump' ! -path "$name" -mtime "+$BACKUP_DAYS" -delete
  local manifest
  for manifest in "$directory"/*.manifest; do
    [ -e "${manifest%.manifest}.dump" ] || rm -f "$manifest"
  done

  metric backup <<PROM
# HELP backup_last_success_timestamp_seconds When the newest dump was finished.
# TYPE backup_last_success_timestamp_seconds gauge
backup_last_success_timestamp_seconds $(date +%s)
# HELP backup_last_size_bytes Size of the newest dump.
# TYPE backup_last_size_bytes gauge
backup_last_size_bytes $(stat -c %s "$name")
# HELP backup_last_duration_seconds How long the newest dump took.
# TYPE backup_last_duration_seconds gauge
backup_last_duration_seconds $(($(date +%s) - began))
# HELP backup_dumps Dumps that are kept.
# TYPE backup_dumps gauge
backup_dumps $(find "$directory" -name '*.dump' | wc -l)
PROM
  say INFO "dumped to ${name##*/}, $(stat -c %s "$name") bytes"
}

drill() {
  local newest began
  began=$(date +%s)
  newest=$(find "$directory" -name '*.dump' | sort | tail -n 1)
  [ -n "$newest" ] || { say ERROR "there is no dump in $directory: make one by backup.sh once"; drilled 0 "$began"; return 1; }
  if "$BASH" "$0" restore "$newest"; then
    say INFO "restored ${newest##*/} in $(($(date +%s) - began)) s: every row is there"
    drilled 1 "$began" "$newest"
  else
    say ERROR "the restore drill of ${newest##*/} failed"
    drilled 0 "$began" "$newest"
    return 1
  fi
}

# A server of its own on a socket in memory, with nothing of the real one: neither its port nor its password.
restore_and_compare() {
  local dump=$1
  unset PGPASSFILE
  export PGHOST=/tmp PGUSER=drill PGDATABASE=postgres
  rm -rf "${scratch:?}"/data
  trap 'pg_ctl --pgdata="$scratch/data" --mode=immediate stop > /dev/null 2>&1; rm -rf "${scratch:?}"/data' EXIT
  initdb --pgdata="$scratch/data" --username=drill --auth=trust --locale=C.UTF-8 --encoding=UTF8 --no-sync > /tmp/initdb.log
  # Nothing has to survive: it is gone in a minute.
  pg_ctl --pgdata="$scratch/data" --wait --timeout=60 --log=/tmp/drill.log start > /dev/null --options="-c listen_addresses='' \
    -c unix_socket_directories=/tmp -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c wal_level=minimal \
    -c max_wal_senders=0 -c max_wal_size=128MB -c shared_buffers=64MB -c timezone=UTC"
  createdb ledger
  export PGDATABASE=ledger
  # The roles are the cluster's, not the dump's: ownership and rights are made anew by roles.sh and the migrations.
  pg_restore --dbname=ledger --no-owner --no-privileges --exit-on-error "$dump"
  rm -f /tmp/manifest
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --file=/etc/postgresql/manifest.sql
  diff "${dump%.dump}.manifest" /tmp/manifest || { say ERROR 'rows differ from the manifest (< as dumped, > as restored)'; return 1; }
}

drilled() {
  metric restore-drill <<PROM
# HELP restore_drill_success Whether the last restore drill found every row (1) or not (0).
# TYPE restore_drill_success gauge
restore_drill_success $1
# HELP restore_drill_timestamp_seconds When the last restore drill ended.
# TYPE restore_drill_timestamp_seconds gauge
restore_drill_timestamp_seconds $(date +%s)
# HELP restore_drill_duration_seconds How long the last restore drill took.
# TYPE restore_drill_duration_seconds gauge
restore_drill_duration_seconds $(($(date +%s) - $2))
# HELP restore_drill_dump_timestamp_seconds Of when the dump is that the last restore drill read.
# TYPE restore_drill_dump_timestamp_seconds gauge
restore_drill_dump_timestamp_seconds $(if [ -n "${3:-}" ]; then stat -c %Y "$3"; else echo 0; fi)
PROM
}

# Whole or not at all: Alloy may read at any moment. Readable for its uid.
metric() {
  local file="$metrics/$1.prom"
  cat > "$file.part"
  chmod 0644 "$file.part"
  mv "$file.part" "$file"
}

# One JSON object a line, like the rest of the stack; the text is ours and needs no escaping.
say() { printf '{"timestamp":"%s","level":"%s","message":"%s"}\n' "$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)" "$1" "$2"; }

main "$@"
