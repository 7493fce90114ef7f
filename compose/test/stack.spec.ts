/** The stack at work: backups that restore or say why not, colours that switch without a lost request, a database that comes back. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { renameSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { EphemeralStack, whyNot } from '../ephemeral.ts';

const services = ['nginx', 'api-blue', 'backup'];
const reason = whyNot(services);

describe('the stack at work', { skip: reason ?? false, timeout: 900_000 }, () => {
  const upstream = join(import.meta.dirname, '../../.data/sluice-stack-test/upstream');
  const stack = new EphemeralStack({
    name: 'sluice-stack-test',
    offset: 3,
    services,
    environment: { SLUICE_UPSTREAM_DIRECTORY: upstream },
  });

  before(async () => {
    activate('blue');
    stack.up();
    await record(20);
  });
  after(() => stack.down());

  it('takes a client id that is safe, replaces one that is not, and returns it on every answer', async () => {
    for (const path of ['/health/live', '/nowhere', '/metrics', '/v1/environments']) {
      const kept = await fetch(stack.api + path, { headers: { 'x-request-id': 'a.client-s_id' } });
      assert.equal(kept.headers.get('x-request-id'), 'a.client-s_id', path);
      const replaced = await fetch(stack.api + path, { headers: { 'x-request-id': 'not safe"' } });
      assert.match(replaced.headers.get('x-request-id') ?? '', /^[0-9a-f]{32}$/, path);
    }
  });

  it('logs at Nginx with the fields of the API, as JSON, whatever a client sends', async () => {
    await fetch(`${stack.api}/v1/%22%0a\\"${encodeURIComponent('ü')}?token=secret`, {
      headers: { 'user-agent': 'a"\\b' },
    });
    const lines = stack
      .compose('logs', '--no-log-prefix', 'nginx')
      .split('\n')
      .filter((line) => line.startsWith('{'));
    assert.ok(lines.length > 5);
    for (const line of lines) {
      const entry = JSON.parse(line) as Record<string, unknown>;
      assert.match(String(entry['timestamp']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.match(String(entry['level']), /^(INFO|WARN|ERROR)$/);
      for (const field of ['request_id', 'method', 'path', 'message'])
        assert.equal(typeof entry[field], 'string', field);
      for (const field of ['status_code', 'duration_ms']) assert.equal(typeof entry[field], 'number', field);
      assert.ok(!line.includes('secret'), 'the query string is in the log');
    }
  });

  it('loses no request while the colours switch', async () => {
    // In a thread of its own: this one stands still while it waits for Docker, and its idle connections would grow old.
    const client = new Worker(new URL('./client.ts', import.meta.url), {
      workerData: `${stack.api}/v1/services/checkout/releases?limit=2`,
    });
    let answers: Record<string, number>;
    try {
      stack.compose('--profile', 'green', 'up', '--detach', '--no-deps', '--wait', 'api-green');
      for (const colour of ['green', 'blue', 'green', 'blue'] as const) {
        activate(colour);
        stack.compose(
          'exec',
          '--no-TTY',
          'nginx',
          'sh',
          '-c',
          'nginx -e /dev/stderr -t -q && nginx -e /dev/stderr -s reload',
        );
        await sleep(1_500);
      }
      stack.compose('--profile', 'green', 'stop', 'api-green');
      client.postMessage('stop');
      [answers] = (await once(client, 'message')) as [Record<string, number>];
    } finally {
      await client.terminate();
    }
    // A switch that loses requests shows as 502, 504 or a broken connection. A 503 is the API's own word about its database, which two
    // starting containers on a starved machine can bring about; Nginx's log has to say that it came from there.
    const { 200: served = 0, 503: refused = 0, ...lost } = answers;
    assert.deepEqual(lost, {}, JSON.stringify(answers));
    const fromTheApi = stack
      .compose('logs', '--no-log-prefix', 'nginx')
      .split('\n')
      .filter((line) => line.includes('"upstream_status":"503"'));
    assert.ok(fromTheApi.length >= refused, `${refused} were refused, ${fromTheApi.length} of them by the API`);
    assert.ok(served > 100);
  });

  it('dumps, restores and compares', () => {
    assert.match(backup('once'), /dumped to ledger-/);
    assert.match(backup('drill'), /every row is there/);
    assert.equal(success(), 1);
  });

  it('finds a row that is missing', () => {
    inBackup(
      'cd /var/lib/postgresql/data && m=$(ls *.manifest | tail -1) && cp $m /tmp/keep && sed -i "s/|20|/|21|/" $m',
    );
    assert.throws(() => backup('drill'), /public\.releases\|21\|/);
    assert.equal(success(), 0);
    inBackup('cp /tmp/keep $(ls /var/lib/postgresql/data/*.manifest | tail -1)');
  });

  it('finds a dump that is cut short', () => {
    inBackup('cd /var/lib/postgresql/data && d=$(ls *.dump | tail -1) && cp $d /tmp/keep && truncate -s 9000 $d');
    assert.throws(() => backup('drill'), /pg_restore: error/);
    assert.equal(success(), 0);
    inBackup('cp /tmp/keep $(ls /var/lib/postgresql/data/*.dump | tail -1)');
    assert.match(backup('drill'), /every row is there/);
    assert.equal(success(), 1);
  });

  it('keeps the newest dump however old it is, and removes the others after their days', () => {
    inBackup('touch -d "40 days ago" /var/lib/postgresql/data/*.dump');
    inBackup('sleep 1');
    backup('once');
    assert.equal(inBackup('ls /var/lib/postgresql/data/*.dump | wc -l').trim(), '1');
    assert.equal(inBackup('ls /var/lib/postgresql/data/*.manifest | wc -l').trim(), '1');
  });

  it('lets the API neither delete nor change the schema', () => {
    for (const statement of ['DELETE FROM releases', 'DROP TABLE releases', 'TRUNCATE releases', 'CREATE TABLE t ()']) {
      assert.throws(() => sql(`SET ROLE api; ${statement}`), /permission denied|must be owner/, statement);
    }
    assert.throws(() => sql('SET ROLE monitor; SELECT count(*) FROM public.releases'), /permission denied/);
  });

  it('heals by itself when PostgreSQL comes back', async () => {
    stack.compose('restart', 'postgres');
    const end = Date.now() + 30_000;
    let status = 0;
    while (status !== 200 && Date.now() < end) {
      // The connections of before have grown old while Docker was waited for.
      status = await fetch(`${stack.api}/v1/services/checkout/releases`).then(
        (answer) => answer.status,
        () => 0,
      );
      await sleep(500);
    }
    assert.equal(status, 200);
    const state = JSON.parse(stack.compose('ps', '--format', 'json', 'api-blue')) as {
      RunningFor: string;
      State: string;
    };
    assert.equal(state.State, 'running');
  });

  /** Writes the upstream as `deploy` does: beside, then in place. */
  function activate(colour: 'blue' | 'green'): void {
    mkdirSync(upstream, { recursive: true });
    writeFileSync(join(upstream, 'active.part'), `server api-${colour}:3000;\n`);
    renameSync(join(upstream, 'active.part'), join(upstream, 'active.conf'));
  }

  async function record(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const answer = await fetch(
        `${stack.api}/v1/services/checkout/releases/sha256:${i.toString(16).padStart(64, '0')}`,
        {
          method: 'PUT',
          headers: { authorization: `Bearer ${stack.token()}`, 'content-type': 'application/json' },
          body: JSON.stringify({
            version: `1.0.${i}`,
            commit: '3f2a9c1d5b7e8f60718293a4b5c6d7e8f9012345',
            committedAt: '2026-11-22T07:30:00.000Z',
            repository: 'https://git.example/checkout',
            verdict: {
              status: 'passed',
              counts: { critical: 0, high: 0, medium: 0, low: 0 },
              policy: 'a'.repeat(64),
              finishedAt: '2026-11-22T07:40:00.000Z',
            },
          }),
        },
      );
      assert.ok(answer.ok, await answer.text());
    }
  }

  function backup(what: string): string {
    return inBackup(`bash /etc/postgresql/backup.sh ${what} 2>&1`);
  }

  function inBackup(command: string): string {
    return stack.compose('exec', '--no-TTY', 'backup', 'bash', '-c', command);
  }

  function success(): number {
    return Number(/^restore_drill_success (\d)$/m.exec(inBackup('cat /var/run/postgresql/restore-drill.prom'))?.[1]);
  }

  function sql(statement: string): string {
    return stack.compose(
      'exec',
      '--no-TTY',
      'postgres',
      'psql',
      '-XqAt',
      '-U',
      'postgres',
      '-d',
      'ledger',
      '-v',
      'ON_ERROR_STOP=1',
      '-c',
      statement,
    );
  }
});
