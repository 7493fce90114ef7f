/**
 * The query test: every query of every panel, mark, choice, rule and link is asked of a real Prometheus and a real Loki that have seen the
 * real service at work. Each has to parse and to return data; an alert has to return nothing while all is well.
 * And what a request leaves: one id at Nginx, in the API, in Loki and in the answer.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { EphemeralStack, whyNot } from '../../compose/ephemeral.ts';
import { deploymentEnded } from '../dashboards/shared.ts';
import { allQueries, linkOfRequest } from './queries.ts';

const metrics = ['nginx', 'api-blue', 'prometheus', 'alloy', 'backup', 'nginx-exporter', 'postgres-exporter'];
const reason = whyNot(metrics);
/** Why what is asked of Loki cannot be; the rest does not depend on it. */
const withoutLogs = reason ?? whyNot(['loki']);
const services = withoutLogs ? metrics : [...metrics, 'loki'];

describe('a stack with traffic', { skip: reason ?? false, timeout: 900_000 }, () => {
  const stack = new EphemeralStack({ name: 'sluice-query-test', offset: 2, services });
  const request = `query-test-${randomUUID()}`;

  before(async () => {
    stack.up();
    await work();
    // Rates need two scrapes, 15 s apart, on both sides of the traffic.
    await sleep(20_000);
    await work();
    stack.compose('exec', '--no-TTY', 'backup', 'bash', '/etc/postgresql/backup.sh', 'once');
    stack.compose('exec', '--no-TTY', 'backup', 'bash', '/etc/postgresql/backup.sh', 'drill');
    await sleep(35_000);
  });

  after(() => stack.down());

  for (const { where, source, text, expect } of allQueries()) {
    const skip = source === 'loki' && withoutLogs ? withoutLogs : false;
    it(`${where} (${source}) ${expect === 'nothing' ? 'is silent' : 'answers'}`, { skip }, async () => {
      const result = source === 'prometheus' ? await stack.query(text) : await loki(text);
      if (expect === 'data') assert.notEqual(result.length, 0, `no data: ${text}`);
      if (expect === 'nothing') assert.deepEqual(result, [], text);
    });
  }

  it('deployments that ended are marked', async () => {
    const end = Math.floor(Date.now() / 1000);
    const marks = await stack.query(`max_over_time((count(${deploymentEnded}))[5m:10s] @ ${end})`);
    assert.notEqual(marks.length, 0, 'the deployments of this test left no mark');
  });

  it(
    'the link from a log line finds the lines of its request at Nginx and in the API',
    { skip: withoutLogs ?? false },
    async () => {
      const lines = await loki(linkOfRequest(request));
      const services = new Set(lines.map(({ stream }) => stream['service_name']));
      assert.deepEqual([...services].sort(), ['api', 'nginx']);
    },
  );

  it('streams have few labels, and the request id is none of them', { skip: withoutLogs ?? false }, () => {
    const { data } = JSON.parse(inside('/loki/api/v1/labels')) as { data: string[] };
    assert.deepEqual(data.sort(), ['container', 'level', 'service_name']);
  });

  it('every container that logs is in Loki, with a level of the four', { skip: withoutLogs ?? false }, async () => {
    const counts = await loki('sum by (service_name, level) (count_over_time({service_name=~".+"}[15m]))', true);
    const seen = new Set(counts.map(({ stream }) => stream['service_name']));
    for (const service of ['api', 'nginx', 'postgres', 'backup', 'migrate']) assert.ok(seen.has(service), service);
    for (const { stream } of counts) assert.match(stream['level'] ?? '', /^(DEBUG|INFO|WARN|ERROR)$/);
  });

  it('all targets are up but the idle colour', async () => {
    const down = await stack.query('up == 0');
    const names = down.map(({ metric }) => `${metric['job']}/${metric['instance']}`).sort();
    // Grafana is not among the services of this test; nor is Loki where it cannot be had.
    assert.deepEqual(names, ['api/green', 'grafana/grafana', ...(withoutLogs ? ['loki/loki'] : [])]);
  });

  it('metrics, readiness and Grafana are closed from outside', async () => {
    for (const path of [
      '/metrics',
      '/metrics/',
      '/health',
      '/health/ready',
      '/grafana/',
      '//metrics',
      '/health/%72eady',
    ]) {
      const answer = await fetch(stack.api + path);
      assert.equal(answer.status, 404, path);
      assert.doesNotMatch(await answer.text(), /http_requests_total|"details"/, path);
    }
  });

  /** What a release engineer does: records releases, deploys one, fails at one; and mistakes, for the 4xx. */
  async function work(): Promise<void> {
    const write = { authorization: `Bearer ${stack.token()}`, 'content-type': 'application/json' };
    const digest = `sha256:${randomUUID().replaceAll('-', '').repeat(2)}`;
    const failed = `sha256:${randomUUID().replaceAll('-', '').repeat(2)}`;
    for (const [image, status] of [
      [digest, 'passed'],
      [failed, 'failed'],
    ]) {
      const answer = await fetch(`${stack.api}/v1/services/checkout/releases/${image}`, {
        method: 'PUT',
        headers: write,
        body: JSON.stringify({
          version: '1.4.2',
          commit: '3f2a9c1d5b7e8f60718293a4b5c6d7e8f9012345',
          committedAt: new Date(Date.now() - 3_600_000).toISOString(),
          repository: 'https://git.example/checkout',
          verdict: {
            status,
            counts: { critical: 0, high: 0, medium: 0, low: 0 },
            policy: 'a'.repeat(64),
            finishedAt: new Date().toISOString(),
          },
          sbomDigest: null,
        }),
      });
      assert.ok(answer.ok, await answer.text());
    }
    for (const [kind, outcome] of [
      ['deploy', 'succeeded'],
      ['deploy', 'failed'],
      ['rollback', 'succeeded'],
    ]) {
      const started = await fetch(`${stack.api}/v1/services/checkout/environments/production/deployments`, {
        method: 'POST',
        headers: { ...write, 'idempotency-key': randomUUID() },
        body: JSON.stringify({ digest, actor: 'query-test', kind }),
      });
      const text = await started.text();
      assert.ok(started.ok, text);
      const { id } = JSON.parse(text) as { id: string };
      const ended = await fetch(`${stack.api}/v1/deployments/${id}`, {
        method: 'PATCH',
        headers: write,
        body: JSON.stringify({ outcome, reason: 'the query test says so' }),
      });
      assert.ok(ended.ok, await ended.text());
    }
    for (let i = 0; i < 100; i++) {
      const answer = await fetch(`${stack.api}/v1/services/checkout/releases?limit=5`, {
        headers: { 'x-request-id': request },
      });
      assert.equal(answer.headers.get('x-request-id'), request);
      await answer.arrayBuffer();
      if (i % 20 === 0) await (await fetch(`${stack.api}/v1/services/UPPER/releases?limit=0`)).arrayBuffer();
    }
  }

  /** Asks Loki from where Alloy is, since it has no port outside; metric queries answer in the same form. */
  function loki(query: string, instant = false): Promise<{ stream: Record<string, string> }[]> {
    const end = Date.now();
    const parameters = instant
      ? new URLSearchParams({ query })
      : new URLSearchParams({ query, start: `${end - 900_000}000000`, end: `${end}000000`, limit: '1000' });
    const { data } = JSON.parse(inside(`/loki/api/v1/query${instant ? '' : '_range'}?${parameters.toString()}`)) as {
      data: { result: { stream?: Record<string, string>; metric?: Record<string, string> }[] };
    };
    return Promise.resolve(data.result.map(({ stream, metric }) => ({ stream: stream ?? metric ?? {} })));
  }

  function inside(path: string): string {
    return stack.compose(
      'exec',
      '--no-TTY',
      'alloy',
      'bash',
      '-c',
      'exec 3<>/dev/tcp/loki/3100; printf "GET %s HTTP/1.0\\r\\nHost: loki\\r\\n\\r\\n" "$0" >&3; sed "1,/^\\r$/d" <&3',
      path,
    );
  }
});
