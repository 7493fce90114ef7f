/**
 * What a thousand services cost the ledger: bytes a row, and how long the readings take that grow with the history. Prints a table for docs/scale.md.
 * Usage: npm run bench:scale --workspace service
 *
 * The history is that of 1,000 services with 1,000 releases and 2 environments of 400 deployments each: about a year of four builds and two
 * deployments a working day.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { LEDGER, ledger } from './contenders.ts';
import { freePort } from './port.ts';
import { insertReleases } from './release-rows.ts';
import { Server } from './server.ts';
import { median } from './statistics.ts';

const SERVICES = 1_000;
const RELEASES = 1_000;
const DEPLOYMENTS = 400;
const DATABASE = 'bench_thousand';

const administrator = process.env['DATABASE_URL'];
if (!administrator)
  throw new Error('DATABASE_URL is not set: start this with `npm run bench:scale --workspace service`');
const bundle = mkdtempSync(join(tmpdir(), 'release-ledger-'));
const url = new URL(administrator);
url.pathname = `/${DATABASE}`;

try {
  execFileSync(process.execPath, [join(import.meta.dirname, '..', 'bundle.js'), bundle], { stdio: 'inherit' });
  await query(administrator, `CREATE DATABASE ${DATABASE}`);
  execFileSync(process.execPath, [join(bundle, 'migrate.mjs')], {
    env: { ...process.env, DATABASE_URL: url.href },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await fill();
  const sizes = await query(
    url.href,
    `SELECT pg_total_relation_size('releases')::float8 / ${SERVICES * RELEASES} AS release,
       pg_total_relation_size('deployments')::float8 / ${SERVICES * 2 * DEPLOYMENTS} AS deployment,
       pg_database_size(current_database())::float8 / 1e9 AS gigabytes`,
  );
  print(sizes[0] as Record<string, number>, await measureReadings());
} finally {
  rmSync(bundle, { recursive: true, force: true });
}

async function fill(): Promise<void> {
  await query(
    url.href,
    insertReleases(`SELECT 'service-' || lpad(s::text, 4, '0') AS service, 'sha256:' || encode(sha256((s || '/' || n)::bytea), 'hex') AS digest,
         '1.4.' || n AS version, encode(substring(sha256((n || '/' || s)::bytea) FROM 1 FOR 20), 'hex') AS commit_hash,
         now() - (${RELEASES} - n) * interval '8 hours' AS committed_at, 'https://github.com/acme/service-' || s AS repository,
         CASE WHEN n % 10 = 9 THEN 'failed' ELSE 'passed' END AS verdict_status,
         jsonb '{"critical": 0, "high": 0, "medium": 2}' AS verdict_counts, repeat('a1', 32) AS verdict_policy,
         now() - (${RELEASES} - n) * interval '8 hours' AS verdict_finished_at, 'sha256:' || repeat('5b', 32) AS sbom_digest,
         now()::timestamptz(3) AS recorded_at, 'ci' AS recorded_by
       FROM generate_series(1, ${RELEASES}) AS n CROSS JOIN generate_series(1, ${SERVICES}) AS s`),
  );
  await query(
    url.href,
    `INSERT INTO deployments (service, environment, digest, kind, actor, idempotency_key, status, started_at, started_by,
       finished_at, finished_by, reason)
     SELECT 'service-' || lpad(s::text, 4, '0'), e, 'sha256:' || encode(sha256((s || '/' || n * 2)::bytea), 'hex'), 'deploy', 'ci',
       'run-' || n || '-' || e, CASE WHEN n % 20 = 19 THEN 'failed' ELSE 'succeeded' END,
       now() - (${DEPLOYMENTS} - n) * interval '20 hours', 'ci', now() - (${DEPLOYMENTS} - n) * interval '20 hours' + interval '2 minutes', 'ci',
       CASE WHEN n % 20 = 19 THEN 'never ready' END
     FROM generate_series(1, ${DEPLOYMENTS}) AS n CROSS JOIN generate_series(1, ${SERVICES}) AS s
       CROSS JOIN unnest(ARRAY['production', 'staging']) AS e`,
  );
  await query(url.href, 'VACUUM ANALYZE');
}

/** Median milliseconds of each reading, one request at a time. */
async function measureReadings(): Promise<Map<string, number>> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const program = ledger(bundle, url.href, port);
  // Every scrape reads the database anew, so that the reading itself is timed.
  const env = { ...program.env, METRICS_PORT: String(metricsPort), LEDGER_METRICS_SECONDS: '0' };
  const [server] = await Server.start(LEDGER, { ...program, env }, port, '/health/ready');
  const service = `${server.url}/v1/services/service-0500`;
  const readings = {
    'list of 20 releases': `${service}/releases?limit=20`,
    'environments of a service': `${service}/environments`,
    'DORA figures of an environment, 30 days': `${service}/dora?environment=production`,
    'DORA figures of an environment, a year': `${service}/dora?environment=production&from=${new Date(Date.now() - 31_536_000_000).toISOString()}`,
    '/metrics, with the figures read anew': `http://127.0.0.1:${metricsPort}/metrics`,
  };
  try {
    const medians = new Map<string, number>();
    for (const [name, address] of Object.entries(readings)) {
      const times: number[] = [];
      for (let count = 0; count < (name.startsWith('/metrics') ? 7 : 50); count += 1) {
        const began = performance.now();
        const answer = await fetch(address);
        await answer.text();
        if (answer.status !== 200) throw new Error(`${address} answered ${answer.status}`);
        times.push(performance.now() - began);
      }
      medians.set(name, median(times));
    }
    return medians;
  } finally {
    await server.stop();
  }
}

function print(sizes: Record<string, number>, readings: Map<string, number>): void {
  console.log(`| what | measured |\n| --- | ---: |`);
  console.log(`| bytes a release, indexes included | ${sizes['release']?.toFixed(0)} |`);
  console.log(`| bytes a deployment, indexes included | ${sizes['deployment']?.toFixed(0)} |`);
  console.log(`| the whole database | ${sizes['gigabytes']?.toFixed(1)} GB |`);
  for (const [name, milliseconds] of readings) console.log(`| ${name} | ${milliseconds.toFixed(1)} ms |`);
}

async function query(connection: string, text: string): Promise<unknown[]> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return (await client.query(text)).rows as unknown[];
  } finally {
    await client.end();
  }
}
