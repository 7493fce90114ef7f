/** What the service does when its database goes away, hangs or is overrun, and when it is told to end itself. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { freshDatabase, rows } from './database.js';
import { SECRETS, digestOf, releaseFacts, sha256, startLedger } from './ledger.js';
import type { Ledger } from './ledger.js';

/** A wire to the database that can be cut, and that can be held so that nothing comes through any more. */
class Wire {
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  #held = false;

  /** The connection string through the wire. */
  static async to(databaseUrl: string): Promise<[Wire, string]> {
    const target = new URL(databaseUrl);
    const wire = new Wire();
    const port = await wire.open(0, target);
    const url = new URL(databaseUrl);
    url.hostname = '127.0.0.1';
    url.port = String(port);
    return [wire, url.href];
  }

  /** Lets through again what was held. */
  hold(held: boolean): void {
    this.#held = held;
    for (const socket of this.#sockets)
      if (held) socket.pause();
      else socket.resume();
  }

  cut(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  open(port: number, target: URL): Promise<number> {
    const server = createServer((near) => {
      const far = connect(Number(target.port), target.hostname);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from
          .on('data', (data) => to.write(data))
          .on('error', () => to.destroy())
          .on('close', () => to.destroy());
        if (this.#held) from.pause();
      }
    });
    this.#server = server;
    return new Promise((resolve) =>
      server.listen(port, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    );
  }
}

const LIST = '/v1/services/shop/releases';

async function timed<Result>(work: Promise<Result>): Promise<[Result, number]> {
  const started = performance.now();
  return [await work, performance.now() - started];
}

describe('a database behind a wire', () => {
  let wire: Wire;
  let ledger: Ledger;
  let databaseUrl: string;

  beforeEach(async () => {
    databaseUrl = await freshDatabase();
    const [opened, url] = await Wire.to(databaseUrl);
    wire = opened;
    ledger = await startLedger({
      DATABASE_URL: url,
      DATABASE_POOL_SIZE: '2',
      DATABASE_QUEUE_SIZE: '4',
      DATABASE_STATEMENT_TIMEOUT_MS: '1000',
      DATABASE_CONNECT_TIMEOUT_MS: '700',
      READINESS_TIMEOUT_MS: '500',
      DATABASE_SLOW_MS: '200',
    });
  });
  afterEach(async () => {
    wire.hold(false);
    await ledger.stop();
    wire.cut();
  });

  test('that hangs: not ready within the time-out, alive, requests 503 with Retry-After, and well again afterwards', async () => {
    expect((await ledger.request('GET', LIST)).status).toBe(200);
    wire.hold(true);
    const [ready, readyMs] = await timed(ledger.request('GET', '/health/ready'));
    expect([ready.status, ready.body.error]).toEqual([503, { database: { status: 'down', reason: 'slow' } }]);
    expect(readyMs).toBeLessThan(1_500);
    expect((await ledger.request('GET', '/health/live')).status).toBe(200);
    const [listing, listingMs] = await timed(ledger.request('GET', LIST));
    expect([listing.status, listing.body.type, listing.headers.get('retry-after')]).toEqual([
      503,
      '/docs#database-unavailable',
      '2',
    ]);
    expect(listingMs).toBeLessThan(4_000);
    wire.hold(false);
    await well();
    expect((await ledger.request('GET', LIST)).status).toBe(200);
  }, 30_000);

  test('that hangs: the metrics answer all the same, with the last figures of the ledger and their age', async () => {
    await ledger.request('PUT', `${LIST}/${digestOf('any')}`, { body: releaseFacts() });
    expect(await ledger.metrics()).toContain('ledger_metrics_outdated_total 0');
    wire.hold(true);
    const scrapes = await Promise.all([timed(ledger.metrics()), timed(ledger.metrics())]);
    scrapes.push(await timed(ledger.metrics()));
    for (const [metrics, ms] of scrapes) {
      expect(ms).toBeLessThan(1_000);
      expect(metrics).toContain('ledger_releases{service="shop",verdict="passed"} 1');
      expect(metrics).toMatch(/^ledger_metrics_age_seconds 0\.[5-9]|^ledger_metrics_age_seconds [1-9]/m);
      expect(metrics).toMatch(/^ledger_metrics_outdated_total [1-9]/m);
      expect(metrics).toContain('http_requests_total{method="PUT"');
    }
  }, 30_000);

  test('that hangs under many requests: the queue is bounded, the rest is refused at once', async () => {
    await ledger.request('GET', LIST);
    wire.hold(true);
    const answers = await Promise.all(Array.from({ length: 40 }, () => timed(ledger.request('GET', LIST))));
    expect(new Set(answers.map(([{ status }]) => status))).toEqual(new Set([503]));
    const refused = ledger.log.filter(({ error }) =>
      JSON.stringify(error ?? '').includes('already wait for a connection'),
    );
    // 34 if all arrive at once; on a busy machine some arrive when the first have given up already. Unbounded, it would be none.
    expect(refused.length).toBeGreaterThanOrEqual(15);
    expect(Math.max(...answers.map(([, ms]) => ms))).toBeLessThan(6_000);
  }, 30_000);

  test('that goes away and comes back: 503 meanwhile, in words that name no address, then well by itself', async () => {
    const { port } = new URL((ledger as { databaseUrl: string }).databaseUrl);
    wire.cut();
    const ready = await ledger.request('GET', '/health');
    expect([ready.status, ready.body.error.database.status]).toEqual([503, 'down']);
    expect(ready.text).not.toMatch(/127\.0\.0\.1|postgres|ECONN/);
    const listing = await ledger.request('GET', LIST);
    expect(listing.status).toBe(503);
    expect(listing.text).not.toMatch(/127\.0\.0\.1|postgres:|ECONN/);
    await wire.open(Number(port), new URL(databaseUrl));
    await well();
    expect((await ledger.request('GET', LIST)).status).toBe(200);
  }, 30_000);

  test('that has no disk left: writes 503 with Retry-After, not ready although reads succeed, and well again by itself', async () => {
    await rows(
      databaseUrl,
      `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
       CREATE TRIGGER full_disk BEFORE INSERT ON releases FOR EACH ROW EXECUTE FUNCTION full_disk()`,
    );
    const put = () => ledger.request('PUT', `${LIST}/${digestOf('any')}`, { body: releaseFacts() });
    const refused = await put();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    const ready = await ledger.request('GET', '/health/ready');
    expect([ready.status, ready.body.error]).toEqual([503, { database: { status: 'down', reason: 'writes refused' } }]);
    expect((await ledger.request('GET', '/health/live')).status).toBe(200);
    expect((await ledger.request('GET', LIST)).status).toBe(200);
    await rows(databaseUrl, 'DROP TRIGGER full_disk ON releases');
    await well();
    expect((await put()).status).toBe(201);
  }, 30_000);

  test('an error is logged with its stack and the id of its request, and without secrets', async () => {
    await rows(databaseUrl, 'ALTER TABLE releases RENAME TO gone');
    const answer = await ledger.request('GET', LIST, { headers: { 'x-request-id': 'fails' } });
    expect([answer.status, answer.body.detail]).toEqual([
      500,
      'The service failed. The log has the reason under this request id.',
    ]);
    const line = ledger.log.find(({ request_id, error }) => request_id === 'fails' && error);
    expect(line).toMatchObject({
      level: 'ERROR',
      error: { code: '42P01', stack: expect.stringContaining('releases') },
    });
    expect(answer.text).not.toContain('relation');
  });

  test('a slow statement is logged with the id of its request, although the database layer knows no requests', async () => {
    await ledger.request('GET', LIST);
    wire.hold(true);
    const answer = ledger.request('GET', LIST, { headers: { 'x-request-id': 'slow-one' } });
    await new Promise((resolve) => setTimeout(resolve, 400));
    wire.hold(false);
    expect((await answer).status).toBe(200);
    expect(ledger.log.find(({ message }) => message === 'slow statement')).toMatchObject({
      request_id: 'slow-one',
      statement: 'list_releases',
    });
  });

  async function well(): Promise<void> {
    for (let tries = 0; (await ledger.request('GET', '/health/ready')).status !== 200; tries += 1) {
      if (tries > 200) throw new Error('did not become ready again');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
});

test('a service that starts before its database is alive at once, and ready once the database is there', async () => {
  const databaseUrl = await freshDatabase();
  const [wire, url] = await Wire.to(databaseUrl);
  wire.cut();
  const ledger = await startLedger({ DATABASE_URL: url, WAIT: 'no' });
  try {
    expect((await ledger.request('GET', '/health/live')).status).toBe(200);
    expect((await ledger.request('GET', '/health/ready')).status).toBe(503);
    expect((await ledger.request('GET', LIST)).status).toBe(503);
    await wire.open(Number(new URL(url).port), new URL(databaseUrl));
    for (let tries = 0; (await ledger.request('GET', '/health/ready')).status !== 200 && tries < 200; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect((await ledger.request('GET', LIST)).status).toBe(200);
  } finally {
    await ledger.stop();
    wire.cut();
  }
}, 30_000);

describe('the process', () => {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

  /** Starts the built service and resolves with what it logged when it ends. */
  function run(environment: Record<string, string>) {
    if (!existsSync(main))
      throw new Error('the service is not built: npm run build -w service (npm test does it first)');
    const child: ChildProcess = spawn(process.execPath, [main], {
      env: { ...environment, PORT: '0', METRICS_PORT: '0' },
    });
    const log: Record<string, unknown>[] = [];
    const listening = new Promise<string>((resolve) => {
      createInterface({ input: child.stdout! }).on('line', (line) => {
        const entry = JSON.parse(line) as Record<string, unknown>;
        log.push(entry);
        if (entry['message'] === 'listening') resolve(`http://127.0.0.1:${String(entry['port'])}`);
      });
    });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    return { child, log, listening, ended };
  }

  test('on SIGTERM: readiness 503, requests still served and their connections closed, then exit 0', async () => {
    const TOKENS = JSON.stringify([{ name: 'ci', sha256: sha256(SECRETS.write), scopes: ['releases:write'] }]);
    const service = run({
      DATABASE_URL: await freshDatabase(),
      TOKENS,
      DRAIN_MS: '700',
      SHUTDOWN_TIMEOUT_MS: '10000',
    });
    const url = await service.listening;
    for (let tries = 0; (await fetch(`${url}/health/ready`)).status !== 200 && tries < 200; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    service.child.kill('SIGTERM');
    while (!service.log.some(({ message }) => message === 'draining'))
      await new Promise((resolve) => setTimeout(resolve, 10));
    const ready = await fetch(`${url}/health/ready`);
    expect([ready.status, ((await ready.json()) as { error: unknown }).error]).toEqual([
      503,
      { process: { status: 'down', reason: 'draining' } },
    ]);
    const written = await fetch(`${url}/v1/services/shop/releases/${digestOf('late')}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${SECRETS.write}`, 'content-type': 'application/json' },
      body: JSON.stringify(releaseFacts()),
    });
    expect([written.status, written.headers.get('connection')]).toEqual([201, 'close']);
    expect(await service.ended).toBe(0);
    expect(service.log.at(-1)).toMatchObject({ message: 'ended', level: 'INFO' });
  }, 60_000);

  test('with settings that are wrong: exit 2 and every problem at once, no value repeated', async () => {
    const service = run({ DATABASE_URL: 'mysql://root:hunter2@x', READS: 'maybe', TOKENS: '[{"name":"a b"}]' });
    expect(await service.ended).toBe(2);
    const [line] = service.log;
    expect(line?.['level']).toBe('ERROR');
    expect((line?.['problems'] as string[]).map((problem) => problem.split(':')[0]).sort()).toEqual(
      ['DATABASE_URL', 'READS', 'TOKENS', 'TOKENS', 'TOKENS'].sort(),
    );
    expect(JSON.stringify(service.log)).not.toContain('hunter2');
  }, 30_000);
});
