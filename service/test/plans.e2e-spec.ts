/** Every statement of the service uses an index, shown by PostgreSQL's own plan among 100,000 releases and as many deployments. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { Statement } from '../src/database/database.js';
import * as deployments from '../src/deployments/deployments.sql.js';
import * as environments from '../src/deployments/environments.sql.js';
import { doraFigures } from '../src/dora/dora.sql.js';
import * as releases from '../src/releases/releases.sql.js';
import { countDeployments, countReleases } from '../src/telemetry/counts.sql.js';
import { freshDatabase } from './database.js';
import { digestOf } from './ledger.js';

type Values = (string | number | null)[];

const ROWS = 100_000;
const LAST = '9223372036854775807';
let client: pg.Client;
let release: { service: string; digest: string; commit_hash: string };
let deployment: { id: string; service: string; environment: string; started_by: string; idempotency_key: string };

beforeAll(async () => {
  client = new pg.Client(await freshDatabase());
  await client.connect();
  // 100 services of 1,000 releases; 50 of them deploy 1,000 times to each of 2 environments, one after the other.
  await client.query(`
    INSERT INTO releases (service, digest, version, commit_hash, committed_at, repository, verdict_status, verdict_counts,
      verdict_policy, verdict_finished_at, recorded_by)
    SELECT 'service-' || n % 100, 'sha256:' || encode(sha256(n::text::bytea), 'hex'), n::text, encode(sha256((n / 3)::text::bytea), 'hex'),
      now(), 'https://example.com/r', CASE WHEN n % 10 = 0 THEN 'failed' ELSE 'passed' END, '{}', repeat('a', 64), now(), 'ci'
    FROM generate_series(1, ${ROWS}) n`);
  await client.query(`
    INSERT INTO deployments (service, environment, digest, kind, actor, idempotency_key, started_by, status, started_at, finished_at, finished_by)
    SELECT service, 'environment-' || place, digest, CASE WHEN id / 100 % 20 = 0 THEN 'rollback' ELSE 'deploy' END, 'jane', id || '-' || place, 'ci',
      CASE WHEN id / 100 % 7 = 0 THEN 'failed' ELSE 'succeeded' END, now() - (${ROWS} - id) * interval '1 minute',
      now() - (${ROWS} - id - 0.5) * interval '1 minute', 'ci'
    FROM releases, generate_series(1, 2) place WHERE (id % 100) < 50 ORDER BY id`);
  await client.query('VACUUM ANALYZE');
  [release] = (await client.query<typeof release>('SELECT * FROM releases WHERE id = 50001')).rows as [typeof release];
  [deployment] = (await client.query<typeof deployment>('SELECT * FROM deployments WHERE position = 50001')).rows as [
    typeof deployment,
  ];
}, 120_000);
afterAll(() => client.end());

/** The plan as PostgreSQL ran it, once it knows the statement well enough to plan it for any values. */
async function planOf({ text }: Statement, values: Values): Promise<{ text: string; milliseconds: number }> {
  await client.query('BEGIN');
  try {
    await client.query('SET LOCAL plan_cache_mode = force_generic_plan');
    await client.query(`SET LOCAL jit = off; SET LOCAL statement_timeout = '10s'`);
    await client.query(`PREPARE statement AS ${text}`);
    const literals = values.map((value) => (value === null ? 'NULL' : client.escapeLiteral(`${value}`))).join(', ');
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN (ANALYZE, BUFFERS) EXECUTE statement(${literals})`,
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    return { text: plan, milliseconds: Number(/Execution Time: ([\d.]+) ms/.exec(plan)?.[1]) };
  } finally {
    await client.query('ROLLBACK');
    await client.query('DEALLOCATE ALL');
  }
}

const place = (): string[] => [deployment.service, deployment.environment];

/** Every statement there is, by its name, with values that occur. */
const values: Record<string, () => Values> = {
  record_release: () => [
    'new',
    digestOf('new'),
    '1',
    release.commit_hash,
    '2026-11-22T00:00:00Z',
    'https://example.com/r',
    'passed',
    '{}',
    'a'.repeat(64),
    '2026-11-22T00:00:00Z',
    null,
    'ci',
    '{',
  ],
  one_release: () => [release.service, release.digest],
  list_releases: () => [release.service, LAST, 51],
  list_releases_by_verdict: () => [release.service, LAST, 51, 'failed'],
  list_releases_by_commit: () => [release.service, LAST, 51, release.commit_hash],
  list_releases_by_commit_and_verdict: () => [release.service, LAST, 51, release.commit_hash, 'passed'],
  start_deployment: () => ['service-1', 'new', digestOf('1'), 'deploy', 'jane', 'new', 'ci', null],
  deployment_by_key: () => [deployment.started_by, ...place(), deployment.idempotency_key],
  verdict_of: () => [release.service, release.digest],
  running_deployment: () => [...place(), 3_600],
  finish_deployment: () => [deployment.id, 'succeeded', null, 'ci'],
  one_deployment: () => [deployment.id],
  list_deployments: () => [...place(), LAST, 51],
  list_deployments_by_status: () => [...place(), LAST, 51, 'failed'],
  one_environment: place,
  environments_of_service: () => [deployment.service],
  all_environments: () => [1_000],
  dora_figures: () => [...place(), new Date(Date.now() - 30 * 86_400_000).toISOString(), new Date().toISOString()],
};

const statements = [
  ...Object.values(releases),
  ...Object.values(deployments),
  ...Object.values(environments),
  doraFigures,
];

describe('among 100,000 releases and 100,000 deployments', () => {
  test.each(statements.map((statement) => [statement.name, statement] as const))(
    '%s reads no table from end to end',
    async (name, statement) => {
      const given = values[name];
      if (!given) throw new Error(`plans.e2e-spec.ts has no values for the statement ${name}: add them`);
      const plan = await planOf(statement, given());
      expect(plan.text).toMatch(/Index (Only )?Scan|Insert on/);
      expect(plan.text).not.toMatch(/Seq Scan on (releases|deployments)/);
      // Bounds that a slow machine keeps and that reading a whole table or sorting it would not.
      expect(plan.milliseconds).toBeLessThan(name === 'dora_figures' || name === 'all_environments' ? 500 : 50);
    },
  );

  test('the last page of a listing costs what the first costs', async () => {
    const buffers = (plan: string): number => Number(/Buffers: shared hit=(\d+)/.exec(plan)?.[1]);
    const first = await planOf(releases.listReleases, [release.service, LAST, 51]);
    const last = await planOf(releases.listReleases, [release.service, 6_000, 51]);
    expect(buffers(last.text)).toBeLessThanOrEqual(buffers(first.text) * 1.5 + 5);
  });

  test.each([countReleases, countDeployments].map((statement) => [statement.name, statement] as const))(
    '%s, which the metrics run every so often, counts in an index and touches no table',
    async (_name, statement) => {
      const plan = await planOf(statement, [1_000]);
      expect(plan.text).toMatch(/Index Only Scan/);
      expect(plan.text).not.toMatch(/Seq Scan/);
    },
  );
});
