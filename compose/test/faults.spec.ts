/** Faults around the API: whatever watches it may die or fill its disk, and no request notices; what is set up wrongly is named in one line. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { builtIn } from '../../dagger/src/images.ts';
import { EphemeralStack, whyNot } from '../ephemeral.ts';

const needed = ['nginx', 'api-blue'];
const reason = whyNot(needed);
/** Who watches, as far as their images can be had here. */
const watchers = reason
  ? []
  : ['prometheus', 'loki', 'alloy', 'grafana', 'nginx-exporter', 'postgres-exporter'].filter((name) => !whyNot([name]));
const volumes: Readonly<Record<string, string>> = {
  prometheus: 'prometheus-data',
  loki: 'loki-data',
  alloy: 'alloy-data',
};

describe('a part that is broken', { skip: reason ?? false, timeout: 900_000 }, () => {
  const name = 'sluice-faults-test';
  const stack = new EphemeralStack({
    name,
    offset: 5,
    overlays: ['test/small-disks.yaml'],
    services: [...needed, ...watchers],
  });

  before(() => stack.up());
  after(() => stack.down());

  for (const watcher of [...watchers, ...(watchers.includes('alloy') ? ['socket-proxy'] : [])]) {
    it(`${watcher} killed: every request is served`, async () => {
      await everyRequestIsServed(async () => {
        stack.compose('kill', watcher);
        await sleep(3_000);
        stack.compose('start', watcher);
      });
    });
  }

  it('all of them killed at once: every request is served', async () => {
    await everyRequestIsServed(async () => {
      stack.compose('kill', ...watchers);
      await sleep(5_000);
      stack.compose('up', '--detach', '--wait', '--no-deps', ...watchers);
    });
  });

  for (const [watcher, volume] of Object.entries(volumes)) {
    const skip = watchers.includes(watcher) ? false : (reason ?? whyNot([watcher]) ?? false);
    it(`${watcher}'s disk full: every request is served, and it goes on when there is space`, { skip }, async () => {
      await everyRequestIsServed(async () => {
        assert.equal(onDisk(volume, 'fill'), 0);
        await sleep(15_000);
        assert.ok(onDisk(volume, 'free') > 1);
      });
      await until(`${watcher} is scraped and well`, async () => {
        const [up] = await stack.query(`up{job="${watcher}"}`);
        return up?.value[1] === '1';
      });
      if (watcher === 'prometheus') {
        await until(
          'new samples are stored',
          async () => (await stack.query('count_over_time(up{job="api"}[20s])')).length > 0,
        );
      }
    });
  }

  it('PostgreSQL restarted: the API heals without a restart', async () => {
    const started = containerStart();
    stack.compose('restart', 'postgres');
    await until('the API serves again', async () => {
      const answer = await fetch(`${stack.api}/v1/services/checkout/releases`).catch(() => undefined);
      return answer?.status === 200;
    });
    assert.equal(containerStart(), started, 'the API was started again');
  });

  function containerStart(): string {
    const id = stack.compose('ps', '--quiet', 'api-blue').trim();
    return spawnSync('docker', ['inspect', '--format', '{{.State.StartedAt}} {{.RestartCount}}', id], {
      encoding: 'utf8',
    }).stdout;
  }

  /** Forty requests a second while something is broken; each has to be answered with 200. */
  async function everyRequestIsServed(during: () => Promise<void>): Promise<void> {
    const client = new Worker(new URL('./client.ts', import.meta.url), {
      workerData: `${stack.api}/v1/services/checkout/releases?limit=2`,
    });
    let answers: Record<string, number>;
    try {
      await sleep(1_000);
      await during();
      client.postMessage('stop');
      [answers] = (await once(client, 'message')) as [Record<string, number>];
    } finally {
      await client.terminate();
    }
    const { 200: served = 0, ...other } = answers;
    assert.deepEqual(other, {}, JSON.stringify(answers));
    assert.ok(served > 100, `${served} requests are too few to say anything`);
    console.log(`# ${served} of ${served} requests answered with 200`);
  }

  /** Fills a volume to its last byte, or takes the filler away again; returns the megabytes that are free then. */
  function onDisk(volume: string, what: 'fill' | 'free'): number {
    const script =
      what === 'fill'
        ? "try { for (;;) fs.appendFileSync('/disk/filler', Buffer.alloc(65536)) } catch {}"
        : "fs.rmSync('/disk/filler')";
    const { stdout, stderr } = spawnSync(
      'docker',
      [
        ...[
          'run',
          '--rm',
          '--user',
          '0',
          '--network',
          'none',
          '--volume',
          `${name}_${volume}:/disk`,
          '--entrypoint',
          'node',
        ],
        process.env['SLUICE_DRILL_IMAGE'] ?? builtIn.node24,
        '-e',
        `${script}; const { bavail, bsize } = fs.statfsSync('/disk'); console.log(Math.floor((bavail * bsize) / 1e6))`,
      ],
      { encoding: 'utf8' },
    );
    assert.match(stdout, /^\d+\n$/, stderr);
    return Number(stdout);
  }
});

describe('what is set up wrongly', { skip: reason ?? false, timeout: 300_000 }, () => {
  const home = mkdtempSync(join(tmpdir(), 'sluice-faults-'));
  after(() => rmSync(home, { recursive: true, force: true }));

  it('a secret that is missing: Docker names its file', () => {
    const stack = new EphemeralStack({ name: 'sluice-faults-secret', offset: 6, services: ['postgres'] });
    try {
      stack.makeSecrets();
      rmSync(join(stack.home, 'secrets/postgres/superuser'));
      assert.throws(
        () => stack.compose('up', '--detach', 'postgres'),
        ({ message }: Error) => named(message, /secrets\/postgres\/superuser/),
      );
    } finally {
      stack.down();
    }
  });

  it('a port that is taken: Docker names it', async () => {
    const stack = new EphemeralStack({ name: 'sluice-faults-port', offset: 6, services: ['nginx'] });
    const squatter = createServer();
    await new Promise<void>((done) => squatter.listen(Number(new URL(stack.api).port), '127.0.0.1', done));
    try {
      assert.throws(
        () => stack.up(),
        ({ message }: Error) => named(message, new RegExp(`${new URL(stack.api).port}.*(in use|allocated)`)),
      );
    } finally {
      squatter.close();
      stack.down();
    }
  });

  it('a certificate that is none: Nginx names the file, and ends', () => {
    const tls = join(home, 'tls');
    mkdirSync(tls, { recursive: true });
    writeFileSync(join(tls, 'certificate.pem'), 'no certificate\n');
    writeFileSync(join(tls, 'key.pem'), 'no key\n');
    const stack = new EphemeralStack({
      name: 'sluice-faults-tls',
      overlays: ['compose.tls.yaml'],
      offset: 6,
      services: ['nginx'],
      environment: { SLUICE_TLS_DIRECTORY: tls, SLUICE_HTTPS_LISTEN: '127.0.0.1:18449' },
    });
    try {
      assert.throws(() => stack.up());
      const lines = stack.compose('logs', '--no-log-prefix', 'nginx').trim().split('\n');
      // Once a start, to its log and to where it was started from; nothing else.
      assert.ok(lines.length > 0);
      for (const line of lines) {
        assert.match(line, /\[emerg\] .*cannot load certificate "\/etc\/sluice\/tls\/certificate\.pem"/);
      }
    } finally {
      stack.down();
    }
  });

  /** One line says what is wrong. */
  function named(message: string, what: RegExp): boolean {
    const lines = message.split('\n').filter((line) => what.test(line));
    assert.equal(lines.length, 1, message);
    return true;
  }
});

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 120_000;
  while (!(await holds().catch(() => false))) {
    assert.ok(Date.now() < end, `${what}: not within 120 s`);
    await sleep(1_000);
  }
}
