/** The DORA figures against histories whose figures were worked out by hand. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { digestOf, releaseFacts, startLedger } from './ledger.js';
import type { Ledger } from './ledger.js';

let ledger: Ledger;
let client: pg.Client;
let environment: string;
let count = 0;

beforeAll(async () => {
  ledger = await startLedger();
  client = new pg.Client(ledger.databaseUrl);
  await client.connect();
  // All releases share one commit time: 1 October, 00:00.
  for (const name of ['a', 'b', 'c', 'd']) {
    await ledger.request('PUT', `/v1/services/shop/releases/${digestOf(name)}`, {
      body: releaseFacts({ committedAt: '2026-10-01T00:00:00Z' }),
    });
  }
});
afterAll(async () => {
  await client.end();
  await ledger.stop();
});
beforeEach(() => {
  environment = `environment-${++count}`;
});

/** Writes a finished deployment straight into the table, since the API knows no past. Times are hours of 1 October. */
async function past(name: string, status: string, begin: number, end: number, kind = 'deploy'): Promise<void> {
  const hour = (hours: number): string => new Date(Date.UTC(2026, 9, 1) + hours * 3_600_000).toISOString();
  await client.query(
    `INSERT INTO deployments (service, environment, digest, kind, actor, idempotency_key, started_by, status, started_at, finished_at, finished_by)
     VALUES ('shop', $1, $2, $3, 'jane', gen_random_uuid(), 'ci', $4, $5, $6, 'ci')`,
    [environment, digestOf(name), kind, status, hour(begin), hour(end)],
  );
}

const figures = async (query = 'from=2026-10-01T00:00:00Z&to=2026-10-03T00:00:00Z') =>
  (await ledger.request('GET', `/v1/services/shop/dora?environment=${environment}&${query}`)).body;

test('nothing deployed: null everywhere, never 0', async () => {
  expect(await figures()).toEqual({
    service: 'shop',
    environment,
    from: '2026-10-01T00:00:00.000Z',
    to: '2026-10-03T00:00:00.000Z',
    deploymentFrequency: { perDay: null, deployments: 0 },
    leadTimeForChanges: { p50Seconds: null, p90Seconds: null, deployments: 0 },
    changeFailureRate: { ratio: null, deployments: 0 },
    timeToRestore: { p50Seconds: null, deployments: 0 },
  });
});

test('a mixed history', async () => {
  await past('a', 'succeeded', 0.5, 1); // a change, live 1 h after its commit
  await past('b', 'failed', 2, 3); // a failure, over at 5: 2 h
  await past('b', 'succeeded', 4, 5); // a change, live after 5 h
  await past('c', 'succeeded', 8, 9); // a change, live after 9 h; rolled back, so it failed, over at 12: 3 h
  await past('b', 'succeeded', 11, 12, 'rollback'); // no change
  await past('d', 'rolled_back', 20, 21); // a failure, over when it finished: 1 h
  await past('d', 'abandoned', 22, 23); // nobody knows
  const body = await figures();
  expect(body.deploymentFrequency).toEqual({ perDay: 1.5, deployments: 3 });
  expect(body.leadTimeForChanges).toEqual({
    p50Seconds: 5 * 3_600,
    p90Seconds: expect.closeTo(8.2 * 3_600, 6),
    deployments: 3,
  });
  expect(body.changeFailureRate).toEqual({ ratio: 0.6, deployments: 5 });
  expect(body.timeToRestore).toEqual({ p50Seconds: 2 * 3_600, deployments: 3 });
});

test('the begin of the period is in it, its end is not', async () => {
  await past('a', 'succeeded', -1, 0);
  await past('b', 'succeeded', 47, 48);
  expect((await figures()).deploymentFrequency.deployments).toBe(1);
});

test('a failure that is restored after the period counts, one that never was does not', async () => {
  await past('a', 'failed', 46, 47);
  expect((await figures()).timeToRestore).toEqual({ p50Seconds: null, deployments: 0 });
  await past('b', 'succeeded', 56, 57);
  const body = await figures();
  expect(body.timeToRestore).toEqual({ p50Seconds: 10 * 3_600, deployments: 1 });
  expect(body.changeFailureRate).toEqual({ ratio: 1, deployments: 1 });
  expect(body.deploymentFrequency).toEqual({ perDay: null, deployments: 0 });
});

test('an empty period is refused, and so is one without an environment', async () => {
  const answer = await ledger.request(
    'GET',
    '/v1/services/shop/dora?environment=x&from=2026-10-02T00:00:00Z&to=2026-10-01T00:00:00Z',
  );
  expect([answer.status, answer.body.type]).toEqual([422, '/docs#empty-period']);
  const without = await ledger.request('GET', '/v1/services/shop/dora?from=2026-02-30T00:00:00Z');
  expect(without.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['#/environment', '#/from']);
});
