/** A database for each contender, all cloned from one that the ledger migrated and that has rows to list. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import pg from 'pg';
import { insertReleases } from './release-rows.ts';
import { CREATED, LISTED } from './requests.ts';

/** Rows of the service that is listed. */
const ROWS = 1_000;
const OTHER_ROWS = 20_000;
/** A service with this many releases is paged through to the depths. */
const MILLION = 1_000_000;
export const PAGED = 'archive';

export class Databases {
  readonly #server: string;

  constructor(server: string) {
    this.#server = server;
  }

  /** Migrates the template with the bundle's own program and fills it. */
  async makeTemplate(bundle: string): Promise<void> {
    await this.#create('template', 'template1');
    execFileSync(process.execPath, [join(bundle, 'migrate.mjs')], {
      env: { ...process.env, DATABASE_URL: this.#url('template') },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    // As in production most rows are of other services; PostgreSQL's statistics have to know it, or it reads them all for a listing.
    await this.#fill('template', CREATED, OTHER_ROWS);
    await this.#fill('template', LISTED, ROWS);
  }

  /** The connection string of a fresh clone. */
  async clone(name: string): Promise<string> {
    await this.#create(name, 'bench_template');
    return this.#url(name);
  }

  /** The connection string of a clone with a million releases more. */
  async withAMillion(): Promise<string> {
    const url = await this.clone('million');
    await this.#fill('million', PAGED, MILLION);
    return url;
  }

  async #create(name: string, template: string): Promise<void> {
    await onDatabase(this.#server, `DROP DATABASE IF EXISTS bench_${name} WITH (FORCE)`);
    await onDatabase(this.#server, `CREATE DATABASE bench_${name} TEMPLATE ${template}`);
  }

  async #fill(name: string, service: string, rows: number): Promise<void> {
    await onDatabase(
      this.#url(name),
      insertReleases(`SELECT '${service}' AS service, 'sha256:' || encode(sha256(n::text::bytea), 'hex') AS digest, '1.4.' || n AS version,
           lpad(to_hex(n), 40, '0') AS commit_hash, timestamptz '2026-01-01' + n * interval '1 second' AS committed_at,
           'https://github.com/acme/checkout' AS repository, 'passed' AS verdict_status,
           jsonb '{"critical": 0, "high": 0, "medium": 2}' AS verdict_counts, repeat('a1', 32) AS verdict_policy,
           timestamptz '2026-01-02' + n * interval '1 second' AS verdict_finished_at,
           'sha256:' || repeat('5b', 32) AS sbom_digest, now()::timestamptz(3) AS recorded_at, 'bench' AS recorded_by
         FROM generate_series(1, ${rows}) AS n`),
    );
    await onDatabase(this.#url(name), 'VACUUM ANALYZE releases');
  }

  #url(name: string): string {
    const url = new URL(this.#server);
    url.pathname = `/bench_${name}`;
    return url.href;
  }
}

async function onDatabase(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
