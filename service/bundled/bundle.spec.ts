/**
 * The image's programs are bundles, in which unused code is left out and seldom used code is loaded late; the other tests run the sources.
 * This runs the bundle and the service as compiled side by side: both have to say the same.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Verdict } from '../../gate/src/model.ts';
import { recordRelease } from '../../gate/src/release/ledger.ts';
import { freePort } from '../bench/port.ts';
import { createDatabase } from '../test/create-database.ts';
import { releaseFacts } from '../test/release-facts.ts';

const service = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
const SECRET = 'secret-of-ci';
const SHA256 = createHash('sha256').update(SECRET).digest('hex');
const RELEASE = `/v1/services/checkout/releases/sha256:${'4f'.repeat(32)}`;

/** Of Node, what no start needs: each takes time and megabytes. */
const LATE = ['http2', 'https', 'zlib'];

interface Running {
  readonly url: string;
  readonly metrics: string;
  /** The modules of Node that were loaded while it ran. */
  stop(): Promise<{ code: number | null; loaded: string[] }>;
}

const running: Record<'bundled' | 'compiled', Running | undefined> = { bundled: undefined, compiled: undefined };

before(async () => {
  execFileSync(process.execPath, [join(service, 'bundle.js'), folder], { stdio: 'inherit' });
  running.bundled = await start('bundled', join(folder, 'main.cjs'), join(folder, 'migrate.mjs'));
  running.compiled = await start('compiled', join(service, 'dist/main.js'), join(service, 'dist/migrate.js'));
});

after(async () => {
  await Promise.all([running.bundled?.stop(), running.compiled?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

/** Both programs' answers to one request, without what differs from one to the next. */
async function both(method: string, path: string, of: 'url' | 'metrics' = 'url', body?: unknown) {
  const answers = [];
  for (const program of [running.bundled, running.compiled]) {
    assert.ok(program);
    const response = await fetch(program[of] + path, {
      method,
      headers: {
        authorization: `Bearer ${SECRET}`,
        'x-request-id': 'from-the-test',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== 'date'));
    const text = (await response.text()).replaceAll(/"recordedAt":"[^"]+"/g, '"recordedAt":"…"');
    answers.push({ status: response.status, headers, text });
  }
  const [bundled, compiled] = answers;
  assert.ok(bundled && compiled);
  return { bundled, compiled };
}

for (const [what, status, method, path, body] of [
  ['a release is recorded', 201, 'PUT', RELEASE, releaseFacts()],
  ['again', 200, 'PUT', RELEASE, releaseFacts()],
  ['with other facts', 409, 'PUT', RELEASE, releaseFacts({ version: '2.0.0' })],
  ['with facts that are wrong', 400, 'PUT', RELEASE, releaseFacts({ version: '"', commit: 'x', more: 1 })],
  ['it is listed', 200, 'GET', '/v1/services/checkout/releases?limit=1'],
  ['readiness', 200, 'GET', '/health/ready'],
  ['the OpenAPI document', 200, 'GET', '/openapi.json'],
  ['its page', 200, 'GET', '/docs'],
  [
    'DORA figures',
    200,
    'GET',
    '/v1/services/checkout/dora?environment=production&from=2026-10-01T00:00:00Z&to=2026-11-01T00:00:00Z',
  ],
  ['what there is not', 404, 'GET', '/nothing'],
] as const) {
  test(`the bundle answers as the service does: ${what}`, async () => {
    const { bundled, compiled } = await both(method, path, 'url', body);
    assert.equal(compiled.status, status, compiled.text);
    assert.deepEqual(steady(bundled), steady(compiled));
  });
}

/** Without the limit's reset, which counts seconds. */
function steady<Of extends { headers: Record<string, string> }>(answer: Of) {
  return { ...answer, headers: { ...answer.headers, 'ratelimit-reset': '' } };
}

test('the ledger takes what publish tells it', async () => {
  assert.ok(running.bundled);
  const verdict = {
    subject: { name: 'checkout' },
    status: 'passed',
    findings: { critical: 0, high: 0, medium: 2, low: 5, info: 1, unknown: 0 },
    policy: 'b'.repeat(64),
    finishedAt: '2026-11-22T07:41:12.000Z',
  } as Verdict;
  const entry = {
    ...{ verdict, digest: `sha256:${'5f'.repeat(32)}`, version: '1.4.2', commit: 'c'.repeat(40) },
    ...{ committedAt: '2026-11-22T07:30:00Z', source: 'https://git.example/acme/checkout', sbomDigest: null },
  };
  assert.equal(await recordRelease(running.bundled.url, SECRET, entry), undefined);
  const spoilt = { ...entry, verdict: { ...verdict, policy: `sha256:${verdict.policy}` } };
  assert.match((await recordRelease(running.bundled.url, SECRET, spoilt)) ?? '', /it answers 400/);
});

test('the bundle shows the same metrics', async () => {
  const { bundled, compiled } = await both('GET', '/metrics', 'metrics');
  const names = (text: string): string[] => [...text.matchAll(/^# TYPE (\S+ \S+)$/gm)].map(([, name = '']) => name);
  assert.deepEqual(names(bundled.text), names(compiled.text));
  assert.ok(names(bundled.text).length > 20);
});

test('the bundle ends as it should, and has not loaded what nobody used', async () => {
  const ended = await running.bundled?.stop();
  running.bundled = undefined;
  assert.equal(ended?.code, 0);
  assert.ok(ended.loaded.includes('NativeModule http'), ended.loaded.join(' '));
  for (const name of LATE) assert.ok(!ended.loaded.includes(`NativeModule ${name}`), `${name} was loaded`);
});

async function start(name: string, program: string, migrate: string): Promise<Running> {
  const server = process.env['DATABASE_URL'];
  assert.ok(server, 'DATABASE_URL is not set: start this with `npm run test:bundle --workspace service`');
  const databaseUrl = await createDatabase(server, `bundle_${name}_${process.pid}`);
  const environment = { ...process.env, DATABASE_URL: databaseUrl };
  execFileSync(process.execPath, [migrate], { env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
  const [port, metricsPort] = [await freePort(), await freePort()];
  const list = join(folder, `${name}.json`);
  const watch = join(folder, `${name}.cjs`);
  writeFileSync(
    watch,
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify(process.moduleLoadList)));`,
  );
  const child = spawn(process.execPath, ['--require', watch, program], {
    env: {
      ...environment,
      PORT: String(port),
      METRICS_PORT: String(metricsPort),
      DRAIN_MS: '0',
      READS: 'token',
      TOKENS: JSON.stringify([{ name: 'ci', sha256: SHA256, scopes: ['read', 'releases:write'] }]),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; (await statusOf(`${url}/health/ready`)) !== 200; tries += 1) {
    assert.ok(tries < 300 && child.exitCode === null, `${program} did not become ready`);
    await sleep(50);
  }
  return {
    url,
    metrics: `http://127.0.0.1:${metricsPort}`,
    async stop() {
      child.kill('SIGTERM');
      const [code] = await ended;
      return { code, loaded: JSON.parse(readFileSync(list, 'utf8')) as string[] };
    },
  };
}

async function statusOf(url: string): Promise<number | undefined> {
  return fetch(url).then(
    ({ status }) => status,
    () => undefined,
  );
}
