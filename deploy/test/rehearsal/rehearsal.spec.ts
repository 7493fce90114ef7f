/**
 * The rehearsal: a fault at every step of a deploy, on an ephemeral host with its own Docker daemon behind real SSH. After each the old
 * version serves, proved by digest from outside, and nothing is left half done. It drives the client's script, which is what
 * `dagger call deploy` runs once it has verified the image; dagger/test/engine has the calls through Dagger itself.
 */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Release } from '../../src/release.ts';
import { root } from './host.ts';
import { registry, whyNot } from './lab.ts';
import { Load } from './load.ts';
import { lastLine, Rehearsal } from './rehearsal.ts';
import { makeBundle } from './releases.ts';

const skip = whyNot() ?? false;

describe('the rehearsal', { skip, timeout: 3_600_000 }, () => {
  let at: Rehearsal;
  let v1: Release;
  let v2: Release;

  before(async () => {
    at = await Rehearsal.begin('sluice-rehearsal');
    v1 = at.release('v1');
    v2 = at.release('v2');
  });
  after(() => {
    if (!at) return;
    console.log(`\n${table(at)}`);
    if (!process.env['SLUICE_REHEARSAL_KEEP']) at.host.stop();
  });

  describe('the good path', () => {
    test('a dry run on an empty host says what would happen, and touches nothing', async () => {
      const call = await at.deploy(v1, { dryRun: true });
      assert.equal(call.code, 0, call.stdout + call.stderr);
      assert.match(call.stdout, /planned: dry run for sha256:.*: nothing runs; would run stage, database, /);
      assert.equal(at.host.docker('ps', '--all', '--quiet', '--filter', 'name=sluice-api').trim(), '');
      at.note('dry run on an empty host', call);
    });

    test('a first deploy that fails leaves the host empty', async () => {
      at.configure({ SLUICE_READY_SECONDS: '10' });
      const call = await at.deploy(at.release('first-never-ready', 'never-ready'));
      assert.equal(call.code, 1);
      assert.match(
        lastLine(call),
        /^undone: start: api-blue was not ready in 10 s: .*; the host is as empty as before$/,
      );
      const containers = at.host.docker('ps', '--all', '--format', '{{.Names}}', '--filter', 'name=sluice-[a-rt-z]');
      assert.equal(containers.trim(), '');
      at.note('first deploy, never ready', call);
      at.configure();
    });

    test('first deploy on an empty host', async () => {
      const call = await at.deploy(v1);
      assert.equal(call.code, 0, call.stdout + call.stderr);
      await at.serves(v1);
      at.note('first deploy on an empty host', call);
    });

    test('the same once more says that it runs already', async () => {
      const call = await at.deploy(v1);
      assert.equal(call.code, 0);
      assert.match(call.stdout, /is already running, proved by digest/);
      at.note('the same release again', call);
    });

    test('a new version under load, and back: no request fails', async () => {
      const load = new Load(at.url);
      const deployed = await at.deploy(v2, { bake: 5 });
      assert.equal(deployed.code, 0, deployed.stdout);
      await at.serves(v2);
      const back = await at.rollback();
      assert.equal(back.code, 0, back.stdout);
      await at.serves(v1);
      const counted = await load.stop();
      assert.deepEqual({ failed: counted.failed, reasons: counted.reasons }, { failed: 0, reasons: [] });
      at.note(`deploy under load, ${counted.requests} requests in both, 0 failed`, deployed);
      at.note('rollback under load', back);
    });

    test('a plain "docker compose up" on the host finds nothing to change', () => {
      const ids = () =>
        at.host.docker('ps', '--quiet', '--no-trunc', '--filter', 'name=sluice-[a-rt-z]').split('\n').sort().join('\n');
      const before = ids();
      const without = ['prometheus', 'loki', 'alloy', 'grafana', 'postgres-exporter'].flatMap((name) => [
        '--scale',
        `${name}=0`,
      ]);
      at.host.docker(
        ...['run', '--rm', '--volume', '/var/run/docker.sock:/var/run/docker.sock', '--volume', `${root}:${root}`],
        ...['--workdir', `${root}/stack/compose`, '--entrypoint', 'docker', at.toolsImage],
        ...['compose', 'up', '--detach', '--pull', 'never', ...without],
      );
      assert.equal(ids(), before);
    });

    test('what only changes the surroundings never restarts the API', async () => {
      const bundle = await makeBundle((tree) =>
        appendFileSync(join(tree, 'compose/nginx/answers.conf'), '\n# changed\n'),
      );
      const api = () => at.host.docker('ps', '--quiet', '--no-trunc', '--filter', 'name=sluice-api').trim();
      const before = api();
      const call = await at.deploy({ ...v1, bundle });
      assert.equal(call.code, 0, call.stdout);
      assert.match(call.stdout, /^start +.* runs already$/m);
      assert.equal(api(), before);
      assert.match(at.host.docker('exec', 'sluice-nginx-1', 'tail', '-n', '1', '/etc/nginx/answers.conf'), /# changed/);
      assert.equal((await at.deploy(v1)).code, 0);
      await at.serves(v1);
      at.note('a bundle with another Nginx configuration, the same image', call);
    });

    test('status says what runs, as JSON too', async () => {
      const call = await at.host.call({ action: 'status', actor: 'test', json: false });
      assert.equal(call.code, 0, call.stdout);
      const status = await at.status();
      assert.deepEqual(status['drift'], []);
      assert.equal((status['current'] as { image: string }).image, v1.image);
      assert.equal(status['lock'], null);
      at.note('status', call);
    });
  });

  /** A deploy that must fail, and leave v1 as it was. */
  async function fails(
    what: string,
    wanted: Release,
    expected: RegExp,
    more: object = {},
    environment: NodeJS.ProcessEnv = {},
  ): Promise<void> {
    const call = await at.deploy(wanted, more, environment);
    at.note(what, call);
    assert.equal(call.code, 1, call.stdout + call.stderr);
    assert.match(call.stdout, expected);
    await at.serves(v1);
  }

  describe('faults before anything is touched', () => {
    before(() => at.ensure(v1));

    test('registry down', async () => {
      const image = v2.image.replace(/^[^/]+/, `${registry().host.split(':')[0]}:5999`);
      await fails('registry down', { ...v2, image }, /the registry .*:5999 could not be asked/);
    });

    test('clock wrong', async () => {
      // The caller's clock: both run on one kernel, which has but one time.
      const bin = join(at.host.home, 'bin');
      mkdirSync(bin);
      writeFileSync(join(bin, 'date'), '#!/bin/sh\necho $(($(/bin/date +%s) - 120))\n', { mode: 0o755 });
      const path = { PATH: `${bin}:${process.env['PATH']}` };
      await fails('clock wrong', v2, /the host's clock is 1[12]\d s ahead of the caller's: at most 30 s/, {}, path);
    });

    test('secret missing', async () => {
      at.host.exec('mv', `${root}/secrets/api/tokens`, '/tmp/tokens');
      try {
        await fails('secret missing', v2, /the secret .*api\/tokens is missing/);
      } finally {
        at.host.exec('mv', '/tmp/tokens', `${root}/secrets/api/tokens`);
      }
    });

    test('secret open to others, disk and memory short: all in one list', async () => {
      at.host.exec('chmod', '0444', `${root}/secrets/api/tokens`);
      at.configure({ SLUICE_LEAST_DISK_MIB: '99999999', SLUICE_LEAST_MEMORY_MIB: '99999999' });
      try {
        await fails(
          'four problems at once',
          v2,
          /MiB are free in [^]*MiB of memory are free[^]*is open to others[^]*refused: 4 problems/,
        );
      } finally {
        at.host.exec('chmod', '0400', `${root}/secrets/api/tokens`);
        at.configure();
      }
    });

    test('a host key that is not in known-hosts', async () => {
      const knownHosts = join(at.host.home, 'strange_hosts');
      writeFileSync(knownHosts, `${at.host.address} ${readFileSync(at.host.access.stranger, 'utf8')}`);
      const call = await at.deploy(v2, {}, { SLUICE_KNOWN_HOSTS: knownHosts });
      assert.equal(call.code, 4);
      assert.match(call.stderr, /the host key of .* is not the one in known-hosts/);
      await at.serves(v1);
      at.note('host key not in known-hosts', call);
    });

    test('a user who may not use Docker', async () => {
      at.host.exec('gpasswd', '--delete', 'deployer', 'docker');
      try {
        const call = await at.deploy(v2);
        assert.equal(call.code, 4);
        assert.match(call.stderr, /but not its Docker .*must be in the group docker/);
        at.note('user not in the group docker', call);
      } finally {
        at.host.exec('gpasswd', '--add', 'deployer', 'docker');
      }
    });
  });

  describe('faults on the way', () => {
    before(() => at.ensure(v1));

    test('a bundle that is changed between registry and host', async () => {
      const proxy = await tampering();
      try {
        const repository = `${registry().host.split(':')[0]}:${proxy.port}/${v2.image.split('/').slice(1).join('/')}`;
        await fails(
          'tampered Compose file',
          { ...v2, image: repository },
          /stage: the registry gave sha256:.* somebody changed it on the way/,
        );
      } finally {
        proxy.close();
      }
    });

    test('disk full while the release is unpacked', async () => {
      at.host.exec(
        'sh',
        '-c',
        `cp -a ${root}/releases /tmp/releases && mount -t tmpfs -o size=600k tmpfs ${root}/releases && cp -a /tmp/releases/. ${root}/releases/`,
      );
      const bundle = await makeBundle((tree) => writeFileSync(join(tree, 'compose/large'), Buffer.alloc(2 << 20, 'x')));
      try {
        await fails('disk full', { ...v2, bundle }, /stage: .*(No space left|ENOSPC)/);
      } finally {
        at.host.exec('sh', '-c', `umount ${root}/releases; rm -rf /tmp/releases`);
      }
    });

    test('migration that fails', () =>
      fails(
        'migration error',
        at.release('migration-error', 'migration-error'),
        /undone: migrate: the migrations could not be applied: column "x" does not exist/,
      ));

    test('migration that waits for a lock for ever', async () => {
      const sql = 'SELECT pg_advisory_lock(7263548102), pg_sleep(600)';
      at.host.docker('exec', '--detach', 'sluice-postgres-1', 'psql', '-U', 'postgres', '-d', 'ledger', '-c', sql);
      try {
        await fails('migration hangs on a lock', v2, /undone: migrate: (not done after 10 s|.*lock)/, { migrate: 10 });
      } finally {
        const end =
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()";
        at.host.docker('exec', 'sluice-postgres-1', 'psql', '-U', 'postgres', '-d', 'ledger', '-c', end);
      }
    });

    test('never ready', async () => {
      at.configure({ SLUICE_READY_SECONDS: '10' });
      try {
        await fails(
          'never ready',
          at.release('never-ready', 'never-ready'),
          /undone: start: api-\w+ was not ready in 10 s: \/health\/ready answers 503/,
        );
      } finally {
        at.configure();
      }
    });

    test('ready, but answers 500 through Nginx', () =>
      fails(
        '500 through Nginx',
        at.release('fails-behind-nginx', 'fails-behind-nginx'),
        /undone: switch: .* answers 500/,
      ));

    test('dies after the switch', () =>
      fails(
        'dies after the switch',
        at.release('dies-after-switch', 'dies-after-switch'),
        /undone: bake: (api-\w+ ended|\d+ of \d+ requests)/,
        { bake: 10 },
      ));

    test('gets worse after the switch', () =>
      fails(
        '5xx after the switch',
        at.release('worse-after-switch', 'worse-after-switch'),
        /undone: bake: \d+ of \d+ requests were answered with 5xx/,
        { bake: 10 },
      ));

    test('broken Nginx configuration', async () => {
      const bundle = await makeBundle((tree) => appendFileSync(join(tree, 'compose/nginx/limits.conf'), 'nonsense;\n'));
      await fails(
        'broken Nginx configuration',
        { ...v2, bundle },
        /undone: switch: Nginx refuses its configuration: unknown directive "nonsense"/,
      );
    });

    test('Nginx would have to be made anew: not without being told', async () => {
      const bundle = await makeBundle((tree) => {
        const file = join(tree, 'compose/compose.yaml');
        writeFileSync(file, readFileSync(file, 'utf8').replace('mem_limit: 128m', 'mem_limit: 129m'));
      });
      await fails(
        'Nginx’s definition changed',
        { ...v2, bundle },
        /undone: stage: nginx would be made anew.*--allow-interruption/,
      );
    });

    test('observability that does not come up is a warning, not a failure', async () => {
      const bundle = await makeBundle((tree) => {
        const file = join(tree, 'compose/compose.yaml');
        writeFileSync(
          file,
          readFileSync(file, 'utf8').replace('--nginx.scrape-uri=http://nginx:8081/status', '--no-such-flag'),
        );
      });
      const call = await at.deploy({ ...v2, bundle });
      assert.equal(call.code, 0, call.stdout);
      assert.match(call.stdout, /warning +observability: not up: nginx-exporter/);
      await at.serves({ ...v2, bundle });
      assert.equal((await at.rollback()).code, 0);
      await at.serves(v1);
      at.note('an exporter that does not start', call);
    });
  });

  describe('two at once', () => {
    before(() => at.ensure(v1));

    test('the second fails clearly, or waits for its turn', async () => {
      const first = at.deploy(v2, { actor: 'alice' });
      await at.begun('stage', first);
      const refused = await at.deploy(v1, { actor: 'bob' });
      assert.equal(refused.code, 1);
      assert.match(refused.stdout, /refused: alice has held the host since .* \(deploy production\): try again later/);
      at.note('two at once, the second does not wait', refused);
      const waits = at.deploy(v1, { actor: 'bob', wait: 120 });
      assert.equal((await first).code, 0);
      const second = await waits;
      assert.equal(second.code, 0, second.stdout);
      assert.match(second.stdout, /waiting: alice has held the host/);
      await at.serves(v1);
      at.note('two at once, the second waits', second);
    });
  });

  describe('cut off', () => {
    before(() => at.ensure(v1));

    test('the caller is gone in the middle: the host goes on to the end', async () => {
      const call = at.deploy(v2);
      assert.ok(await at.begun('start', call));
      call.kill();
      await call;
      await at.rest();
      await at.serves(v2);
      const again = await at.deploy(v2);
      assert.match(again.stdout, /already running/);
      at.note('the caller is killed at "start"; his next call', again);
      assert.equal((await at.rollback()).code, 0);
      await at.serves(v1);
    });

    test('the network is cut for half a minute: the call finds its supervisor again', async () => {
      const call = at.deploy(v2, { bake: 10 });
      assert.ok(await at.begun('start', call));
      at.host.exec(
        'sh',
        '-c',
        'iptables -I INPUT -p tcp --dport 22 -j DROP; iptables -I OUTPUT -p tcp --sport 22 -j DROP',
      );
      setTimeout(
        () =>
          at.host.exec(
            'sh',
            '-c',
            'iptables -D INPUT -p tcp --dport 22 -j DROP; iptables -D OUTPUT -p tcp --sport 22 -j DROP',
          ),
        45_000,
      );
      const { code, stderr, stdout } = await call;
      assert.equal(code, 0, stdout + stderr);
      await at.rest();
      await at.serves(v2);
      at.note('the network is cut for 45 s', { code, stdout, stderr, ms: 0 });
      assert.equal((await at.rollback()).code, 0);
    });

    const steps = ['stage', 'backup', 'migrate', 'start', 'switch', 'bake', 'observability', 'drain'];
    for (const [index, step] of steps.entries()) {
      // In turn: Docker starts it again, which mends at once; or nobody does, and the next call mends.
      const byDocker = index % 2 === 0;
      test(`the supervisor is killed at "${step}"${byDocker ? ', Docker starts it again' : ''}`, async () => {
        const call = at.deploy(v2, { bake: 5 });
        assert.ok(await at.begun(step, call), `"${step}" was seen`);
        const [id] = at.host.docker('ps', '--quiet', '--filter', 'label=sluice.supervisor').split('\n');
        if (byDocker) {
          const pid = at.host.docker('inspect', '--format', '{{.State.Pid}}', id!).trim();
          at.host.exec('kill', '-9', pid);
          const ended = await call;
          await at.rest();
          assert.match(ended.stderr, /was cut off; undoing it/);
          at.note(`killed at "${step}", started again by Docker`, { ...ended, stdout: '' });
        } else {
          at.host.docker('kill', id!);
          await call;
          const status = await at.status();
          assert.match((status['unfinished'] as { verdict: string }).verdict, /^cut off: /);
          const mended = await at.host.call({
            action: 'mend',
            actor: 'test',
            environment: 'production',
            json: false,
            wait: 0,
            breakLock: false,
            dryRun: false,
          });
          assert.equal(mended.code, 0, mended.stdout);
          assert.match(mended.stdout, /mending: the deploy of .* by test, .* was cut off; undoing it/);
          at.note(`killed at "${step}", mended by the next call`, mended);
        }
        await at.serves(v1);
      });
    }

    for (const step of ['migrate', 'start', 'bake', 'drain']) {
      test(`the host is switched off at "${step}"`, async () => {
        const call = at.deploy(v2, { bake: 8 });
        assert.ok(await at.begun(step, call));
        await at.host.reboot();
        await call;
        await at.rest();
        const began = Date.now();
        await eventually(60, () => at.serves(v1));
        at.note(
          `switched off at "${step}"`,
          `the old version serves ${((Date.now() - began) / 1_000).toFixed(0)} s after the supervisor’s end, without any call`,
        );
      });
    }

    test('a supervisor that hangs is ended by --break-lock, and what it began is undone', async () => {
      const call = at.deploy(v2, { bake: 120, actor: 'alice' });
      assert.ok(await at.begun('bake', call));
      const broken = await at.deploy(v2, { breakLock: true, actor: 'bob' });
      await call;
      assert.equal(broken.code, 0, broken.stdout);
      assert.match(broken.stdout, /ending the deploy production of alice[^]*was cut off; undoing it/);
      await at.serves(v2);
      at.note('--break-lock', broken);
      assert.equal((await at.rollback()).code, 0);
    });
  });

  describe('the way back', () => {
    before(() => at.ensure(v1));

    test('old colour already gone when a deploy fails: it is brought back', async () => {
      const colour = /api-(blue|green)/.exec(at.host.exec('cat', `${root}/upstream/active.conf`))![1];
      at.host.docker('rm', '--force', `sluice-api-${colour}-1`);
      await fails(
        'old colour gone, and the new one fails',
        at.release('fails-behind-nginx', 'fails-behind-nginx'),
        /undone: switch/,
      );
    });

    test('rollback where the standing-by container was removed', async () => {
      assert.equal((await at.deploy(v2)).code, 0);
      const idle = at.host
        .docker('ps', '--all', '--quiet', '--filter', 'name=sluice-api', '--filter', 'status=exited')
        .trim();
      at.host.docker('rm', idle);
      const call = await at.rollback();
      assert.equal(call.code, 0, call.stdout);
      assert.match(call.stdout, /no registry is asked, and no age limit holds/);
      await at.serves(v1);
      at.note('rollback, standing-by container removed', call);
    });

    test('rollback does not go to a release that was rolled back, unless it is named', async () => {
      const refused = await at.rollback();
      assert.match(refused.stdout, /refused|undone|runs again/);
      const digest = v2.image.split('@')[1];
      const named = await at.rollback({ to: digest });
      assert.equal(named.code, 0, named.stdout);
      await at.serves(v2);
      assert.equal((await at.rollback({ to: v1.image.split('@')[1] })).code, 0);
      await at.serves(v1);
    });

    test('a release that somebody edited on the host is no way back', async () => {
      const bundle = await makeBundle((tree) =>
        appendFileSync(join(tree, 'compose/nginx/answers.conf'), '\n# second\n'),
      );
      assert.equal((await at.deploy({ ...v2, bundle })).code, 0);
      const file = `${root}/releases/${v1.bundle.slice(7)}/compose/compose.yaml`;
      at.host.exec('sh', '-c', `cp -p ${file} /tmp/compose.yaml; echo '# mine' >> ${file}`);
      const call = await at.rollback({ to: v1.image.split('@')[1] });
      assert.equal(call.code, 1);
      assert.match(call.stdout, /undone: stage: .* was changed since it was deployed/);
      await at.serves({ ...v2, bundle });
      at.note('rollback to a release edited on the host', call);
      at.host.exec('cp', '-p', '/tmp/compose.yaml', file);
      assert.equal((await at.rollback({ to: v1.image.split('@')[1] })).code, 0);
      await at.serves(v1);
    });

    test('no way back across a migration that took something away, unless forced', async () => {
      const file = `${root}/current.json`;
      const record = JSON.parse(at.host.exec('cat', file)) as { current: { migrations: string[] } };
      record.current.migrations = ['ContractDropOldColumn1763800002000'];
      at.host.exec('sh', '-c', 'printf %s "$1" > "$2"', 'sh', JSON.stringify(record), file);
      const target = { to: v2.image.split('@')[1] };
      const call = await at.rollback(target);
      assert.equal(call.code, 1);
      assert.match(
        call.stdout,
        /refused: ContractDropOldColumn1763800002000 took away what .* needs: deploy a correction, or give --force/,
      );
      at.note('rollback across a contract migration', call);
      assert.equal((await at.rollback({ ...target, force: true })).code, 0);
      await at.serves(v2);
      assert.equal((await at.rollback({ to: v1.image.split('@')[1], force: true })).code, 0);
      await at.serves(v1);
    });

    test('drift is seen', async () => {
      const colour = /api-(blue|green)/.exec(at.host.exec('cat', `${root}/upstream/active.conf`))![1];
      at.host.docker('stop', `sluice-api-${colour}-1`);
      const status = await at.status();
      assert.match((status['drift'] as string[])[0]!, /^api-\w+ does not run$/);
      const mended = await at.host.call({
        action: 'mend',
        actor: 'test',
        environment: 'production',
        json: false,
        wait: 0,
        breakLock: false,
        dryRun: false,
      });
      assert.equal(mended.code, 0, mended.stdout);
      await at.serves(v1);
    });

    test('prune keeps what runs and what stands by, and the newest few', async () => {
      const call = await at.host.call({
        action: 'prune',
        actor: 'test',
        environment: 'production',
        json: false,
        wait: 0,
        breakLock: false,
        dryRun: false,
        keep: 0,
      });
      assert.equal(call.code, 0, call.stdout);
      await at.serves(v1);
      assert.equal((await at.rollback({ to: v2.image.split('@')[1] })).code, 0);
      await at.serves(v2);
      at.note('prune --keep 0', call);
    });
  });

  test('no secret is in any log, journal or environment', () => {
    const secrets = at.host.exec(
      'sh',
      '-c',
      `cat ${root}/secrets/postgres/* ${root}/secrets/tokens/deploy | tr -s '\\n' ' '`,
    );
    const seen = at.host.exec(
      'sh',
      '-c',
      `cat ${root}/journals/* ${root}/audit.log ${root}/compose.env ${root}/current.json; docker ps -aq | xargs docker inspect; docker ps -aq | xargs -n 1 docker logs 2>&1`,
    );
    const values = secrets.match(/[0-9a-f]{64}/g)!;
    assert.ok(values.length >= 5);
    for (const value of values) assert.ok(!seen.includes(value));
  });
});

function table({ rows }: Rehearsal): string {
  const lines = rows.map(
    ({ what, outcome, ms }) =>
      `| ${what} | ${outcome.replaceAll('|', '/').slice(0, 260)} | ${ms ? (ms / 1_000).toFixed(0) : ''} |`,
  );
  return ['| what | what it said | s |', '| --- | --- | --- |', ...lines].join('\n');
}

async function eventually(seconds: number, check: () => Promise<void>): Promise<void> {
  for (const deadline = Date.now() + seconds * 1_000; ;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
    }
    await new Promise((resume) => setTimeout(resume, 500));
  }
}

/** A registry on the way that adds a byte to what is large: not to manifests, but to layers. */
function tampering(): Promise<{ port: number; close(): void }> {
  const [host, port] = (
    registry().address ? `${registry().address}:${registry().host.split(':')[1]}` : registry().host
  ).split(':');
  const server = createServer((incoming, outgoing) => {
    incoming.pipe(
      ask(
        {
          host,
          port,
          path: incoming.url,
          method: incoming.method,
          headers: { ...incoming.headers, host: registry().host },
        },
        (answer) => {
          const tampered = incoming.url!.includes('/blobs/');
          const { 'content-length': _length, ...headers } = answer.headers;
          outgoing.writeHead(answer.statusCode!, headers);
          answer.on('end', () => outgoing.end(tampered ? ' ' : ''));
          answer.pipe(outgoing, { end: false });
        },
      ),
    );
  });
  return new Promise((ready) =>
    server.listen(5998, '0.0.0.0', () => ready({ port: 5998, close: () => server.close() })),
  );
}
