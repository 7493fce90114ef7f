#!/bin/bash
# Makes the roles, once, when the database is created: each part of the stack logs in as a role that may do its work and no more.
set -euo pipefail

secret() { cat "/run/secrets/postgres-$1"; }

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname "$POSTGRES_DB" \
  --set owner="$(secret owner)" --set api="$(secret api)" --set monitor="$(secret monitor)" --set backup="$(secret backup)" <<'SQL'
-- Owns the schema; only the migration job logs in as it.
CREATE ROLE ledger_owner LOGIN PASSWORD :'owner' CONNECTION LIMIT 8;
-- What the service runs as: the ledger is append-only, so it may not delete, and it may not change the schema.
CREATE ROLE api LOGIN PASSWORD :'api' CONNECTION LIMIT 40;
-- Reads statistics, no tables.
CREATE ROLE monitor LOGIN PASSWORD :'monitor' CONNECTION LIMIT 4 IN ROLE pg_monitor;
-- Reads everything, for pg_dump.
CREATE ROLE backup LOGIN PASSWORD :'backup' CONNECTION LIMIT 4 IN ROLE pg_read_all_data;

REVOKE ALL ON DATABASE ledger FROM PUBLIC;
GRANT CONNECT ON DATABASE ledger TO ledger_owner, api, monitor, backup;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO ledger_owner;
GRANT USAGE ON SCHEMA public TO api, backup;

-- Holds for what migrations will create.
ALTER DEFAULT PRIVILEGES FOR ROLE ledger_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE ON TABLES TO api;
ALTER DEFAULT PRIVILEGES FOR ROLE ledger_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO api;
SQL
