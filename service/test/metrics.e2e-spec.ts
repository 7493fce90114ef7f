/** The metrics: on a port of their own, by route pattern, and what the ledger holds. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { digestOf, releaseFacts, startLedger } from './ledger.js';
import type { Ledger } from './ledger.js';

let ledger: Ledger;

beforeAll(async () => {
  ledger = await startLedger({ VERSION: '1.2.3', COMMIT: 'abc' });
});
afterAll(() => ledger.stop());

test('are not on the public port', async () => {
  expect((await ledger.request('GET', '/metrics')).status).toBe(404);
});

test('count and time requests by route pattern, and put the unknown under one name each', async () => {
  await ledger.request('GET', `/v1/services/one/releases/${digestOf('one')}`);
  await ledger.request('GET', `/v1/services/two/releases/${digestOf('two')}`);
  await ledger.request('GET', '/nowhere/1');
  await ledger.request('PROPFIND', '/nowhere/2');
  const metrics = await ledger.metrics();
  expect(metrics).toContain(
    'http_requests_total{method="GET",route="/v1/services/:service/releases/:digest",status="404"} 2',
  );
  expect(metrics).toContain('http_requests_total{method="GET",route="unmatched",status="404"} 2');
  expect(metrics).toContain('http_requests_total{method="OTHER",route="unmatched",status="404"} 1');
  expect(metrics).toContain(
    'http_request_duration_seconds_count{method="GET",route="/v1/services/:service/releases/:digest",status="404"} 2',
  );
  expect(metrics).not.toContain('nowhere');
  expect(metrics).toMatch(/^db_pool_connections\{state="(in_use|idle|waiting)"\} \d+$/m);
  expect(metrics).toContain('build_info{version="1.2.3",commit="abc"} 1');
  expect(metrics).toContain('nodejs_eventloop_lag_seconds');
});

test('show releases by verdict, deployments by outcome, what runs where and the DORA figures; nothing where nothing is known', async () => {
  expect(await ledger.metrics()).not.toMatch(/^ledger_dora/m);
  await ledger.request('PUT', `/v1/services/shop/releases/${digestOf('a')}`, {
    body: releaseFacts({ version: '3.1.4' }),
  });
  const started = await ledger.request('POST', '/v1/services/shop/environments/production/deployments', {
    body: { digest: digestOf('a'), actor: 'jane', kind: 'deploy' },
    headers: { 'idempotency-key': '1' },
  });
  expect(await ledger.metrics()).not.toContain('outcome="running"');
  await ledger.request('PATCH', `/v1/deployments/${started.body.id}`, { body: { outcome: 'succeeded' } });
  const metrics = await ledger.metrics();
  const place = 'service="shop",environment="production"';
  expect(metrics).toContain('ledger_releases{service="shop",verdict="passed"} 1');
  expect(metrics).toContain(`ledger_deployments_total{${place},outcome="succeeded"} 1`);
  expect(metrics).toContain(`ledger_running_version_info{${place},version="3.1.4",digest="${digestOf('a')}"} 1`);
  expect(metrics).toContain(`ledger_dora_change_failure_ratio{${place}} 0`);
  expect(metrics).toMatch(/^ledger_dora_lead_time_seconds\{.*quantile="0.9"\} \d/m);
  expect(metrics).not.toContain('ledger_dora_time_to_restore_seconds{');
});

test('GET /version says what runs', async () => {
  expect((await ledger.request('GET', '/version')).body).toEqual({
    version: '1.2.3',
    commit: 'abc',
    imageDigest: null,
  });
});
