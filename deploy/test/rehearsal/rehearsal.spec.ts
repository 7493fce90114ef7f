/**
 * The rehearsal: a fault at every step of a deploy, on an ephemeral host with its own Docker daemon behind real SSH. After each the old
 * version serves, proved by digest from outside, and nothing is left half done. It drives the client's script, which is what
 * `dagger call deploy` runs once it has verified the image; dagger/test/engine has the calls through Dagger itself.
 */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Release } from '../../src/release.ts';
import { root } from './host.ts';
import { registry, whyNot } from './lab.ts';
import { Load } from './load.ts';
import { lastLine, Rehearsal, table } from './rehearsal.ts';
import { type Login, registryProxy } from './registry-proxy.ts';
import { makeBundle } from './releases.ts';
import { keyLines, placesOf, secretsOf } from './secrets.ts';

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
      await at.ensure(v1);
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
    login?: Login,
  ): Promise<void> {
    const call = await at.deploy(wanted, more, environment, login);
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
      const proxy = await registryProxy({ tamper: true });
      try {
        await fails(
          'tampered Compose file',
          { ...v2, image: proxy.through(v2.image) },
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
        `cp -a ${root}/releases /tmp/releases && mount -t tmpfs -o size=$(($(du -sk /tmp/releases | cut -f1) + 400))k tmpfs ${root}/releases && cp -a /tmp/releases/. ${root}/releases/`,
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

    const steps = [
      'stage',
      'database',
      'backup',
      'migrate',
      'start',
      'switch',
      'bake',
      'observability',
      'drain',
      'prove',
    ];
    for (const [index, step] of steps.entries()) {
      // In turn: Docker starts it again, which mends at once; or nobody does, and the next call mends.
      const again = index % 2 === 0;
      test(`the supervisor is killed at "${step}"${again ? ', Docker starts it again' : ''}`, async () => {
        await killed(step, `"step": "${step}"`, 'journal.json', again);
        await at.serves(v1);
      });
    }

    // The last step writes .env, then current.json, which is the point of no return.
    test('the supervisor is killed at "record", before .env', async () => {
      await killed('record', '"step": "record"', 'journal.json', false);
      await at.serves(recorded());
      await at.ensure(v1);
    });

    test('the supervisor is killed at "record", after .env, Docker starts it again', async () => {
      await killed('record, after .env', `SLUICE_IMAGE=${v2.image}`, 'stack/compose/.env', true);
      await at.serves(recorded());
      await at.ensure(v1);
    });

    for (const again of [false, true]) {
      test(`the supervisor is killed after the record${again ? ', Docker starts it again' : ''}: what runs stays`, async () => {
        const actor = `killed at the end, ${again}`;
        await killed('record, after current.json', `"actor": "${actor}"`, 'current.json', again, actor);
        await at.serves(v2);
        assert.equal((await at.deploy(v1)).code, 0);
      });
    }
    /** A deploy of v2 that is killed when a file says something, and is mended. */
    async function killed(what: string, text: string, file: string, again: boolean, actor = 'test'): Promise<void> {
      const call = at.deploy(v2, { bake: 5, actor });
      assert.ok(await at.begun('stage', call));
      assert.ok(await at.killWhen(text, { file, again }), `"${text}" was seen in ${file}`);
      const ended = await call;
      const mending = /mending: the deploy of .* by .* (was cut off; undoing it|had come to its end)/;
      if (again) {
        await at.rest();
        assert.match(ended.stderr, mending);
        at.note(`killed at "${what}", started again by Docker`, { ...ended, stdout: '' });
        return;
      }
      assert.equal(ended.code, 3, ended.stderr);
      assert.match(ended.stderr, /the supervisor was ended from outside .* the next call undoes it/);
      const status = await at.status();
      assert.match((status['unfinished'] as { verdict: string }).verdict, /^cut off: /);
      const mended = await at.mend();
      assert.equal(mended.code, 0, mended.stdout);
      assert.match(mended.stdout, mending);
      at.note(`killed at "${what}", mended by the next call`, mended);
    }

    function recorded(): Release {
      const { current } = JSON.parse(at.host.exec('cat', `${root}/current.json`)) as { current: { release: Release } };
      return current.release.image === v2.image ? v2 : v1;
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
      at.host.docker('rm', '--force', `sluice-api-${at.colour}-1`);
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
      at.host.docker('stop', `sluice-api-${at.colour}-1`);
      const status = await at.status();
      assert.match((status['drift'] as string[])[0]!, /^api-\w+ does not run$/);
      const mended = await at.mend();
      assert.equal(mended.code, 0, mended.stdout);
      await at.serves(v1);
    });

    test('prune keeps what runs and what stands by, and the newest few', async () => {
      const call = await at.prune(0);
      assert.equal(call.code, 0, call.stdout);
      await at.serves(v1);
      assert.equal((await at.rollback({ to: v2.image.split('@')[1] })).code, 0);
      await at.serves(v2);
      at.note('prune --keep 0', call);
    });
  });

  describe('a registry with a password', () => {
    before(() => at.ensure(v1));
    const password = 'b6c1e0d2f4a89735-registry-password';

    for (const scheme of ['basic', 'bearer'] as const) {
      test(`that asks for it by ${scheme}: refused without and with a wrong one, deployed with the right one`, async () => {
        const login: Login = { username: 'robot', password, scheme };
        const proxy = await registryProxy({ login });
        try {
          const wanted = { ...v2, image: proxy.through(v2.image) };
          await fails(`${scheme}, no password`, wanted, /refused: the registry .*--username and --password/);
          await fails(
            `${scheme}, wrong password`,
            wanted,
            /refused: the registry does not let robot with this password read/,
            {},
            {},
            { ...login, password: 'wrong' },
          );
          assert.equal(proxy.admitted, 0);
          const call = at.deploy(wanted, {}, { SLUICE_KEEP: 'yes' }, login);
          assert.ok(await at.begun('start', call));
          assert.deepEqual(placesOf([password], at.host, at.said), [], 'the password is nowhere while it is in use');
          const ended = await call;
          assert.equal(ended.code, 0, ended.stdout + ended.stderr);
          assert.ok(proxy.admitted > 0);
          await at.serves(wanted);
          at.note(`${scheme}, right password`, ended);
        } finally {
          proxy.close();
        }
        // With the registry gone, the way back.
        assert.equal((await at.rollback({ to: v1.image.split('@')[1] })).code, 0);
        await at.serves(v1);
        assert.deepEqual(placesOf([password], at.host, at.said), []);
      });
    }
  });

  describe('TLS at Nginx', () => {
    const lines = {
      COMPOSE_FILE: 'compose.yaml:compose.tls.yaml',
      SLUICE_TLS_DIRECTORY: '/etc/sluice/tls',
      SLUICE_HTTPS_LISTEN: '0.0.0.0:8443',
    };
    before(async () => {
      await at.ensure(v1);
      at.host.exec('sh', '-c', certificate);
    });
    after(async () => {
      at.plain();
      assert.equal((await at.deploy(v1, { interrupt: true, bake: 0 })).code, 0);
      await at.serves(v1);
    });

    test('settings that a running release does not have yet are no "already running"', async () => {
      at.configure({ SLUICE_LOG_LEVEL: 'WARN' });
      const call = await at.deploy(v1);
      assert.equal(call.code, 0, call.stdout);
      assert.match(call.stdout, /settings\.env changed/);
      await at.serves(v1);
      assert.match(at.api('LOG_LEVEL'), /WARN/);
      at.note('the same release, another line in settings.env', call);
      at.configure();
      assert.equal((await at.deploy(v1)).code, 0);
    });

    test('is switched on by settings.env, which makes Nginx anew and so has to be allowed', async () => {
      at.configure(lines);
      const refused = await at.deploy(v1);
      assert.equal(refused.code, 1, refused.stdout);
      assert.match(refused.stdout, /undone: stage: nginx would be made anew.*--allow-interruption/);
      at.note('TLS switched on, not allowed', refused);
      const call = await at.deploy(v1, { interrupt: true });
      assert.equal(call.code, 0, call.stdout + call.stderr);
      at.overTls();
      await at.serves(v1);
      at.note('TLS switched on', call);
    });

    test('a new version under load, and back: no request fails', async () => {
      const load = new Load(at.url, { ca: at.certificate! });
      const deployed = await at.deploy(v2);
      assert.equal(deployed.code, 0, deployed.stdout);
      await at.serves(v2);
      const back = await at.rollback();
      assert.equal(back.code, 0, back.stdout);
      await at.serves(v1);
      const { failed, reasons, requests } = await load.stop();
      assert.deepEqual({ failed, reasons }, { failed: 0, reasons: [] });
      at.note(`deploy and rollback over TLS, ${requests} requests, 0 failed`, deployed);
    });

    test('a certificate that is none stops a deploy and a rollback before anything is touched', async () => {
      at.host.exec(
        'sh',
        '-c',
        'cp -p /etc/sluice/tls/certificate.pem /tmp/certificate.pem; echo none > /etc/sluice/tls/certificate.pem',
      );
      try {
        await fails(
          'a certificate that is none',
          v2,
          /undone: stage: Nginx refuses the configuration that it has: cannot load certificate .*mend that first/,
        );
      } finally {
        at.host.exec('cp', '-p', '/tmp/certificate.pem', '/etc/sluice/tls/certificate.pem');
      }
    });
  });

  describe('the ledger', () => {
    before(() => at.ensure(v1));

    test('hears how deployments of the releases ended that it knows', async () => {
      const token = at.host.exec('cat', `${root}/secrets/tokens/deploy`);
      for (const wanted of [v1, v2]) {
        const answer = await fetch(`${at.url}/v1/services/release-ledger/releases/${wanted.image.split('@')[1]}`, {
          method: 'PUT',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({
            ...{ version: '1.0.0', commit: wanted.commit, committedAt: '2026-11-22T07:30:00.000Z' },
            repository: 'https://git.example/release-ledger',
            verdict: {
              ...{ status: 'passed', policy: `sha256:${wanted.policy}`, finishedAt: '2026-11-22T07:40:00.000Z' },
              counts: { critical: 0, high: 0, medium: 0, low: 0 },
            },
          }),
        });
        assert.ok(answer.ok, await answer.text());
      }
      const call = await at.deploy(v2, { actor: 'alice' });
      assert.equal(call.code, 0, call.stdout);
      assert.doesNotMatch(call.stdout, /the ledger refuses|wait for the ledger/);
      assert.equal((await at.rollback({ actor: 'bob' })).code, 0);
      const answer = await fetch(`${at.url}/v1/services/release-ledger/environments/production/deployments`);
      const { items } = (await answer.json()) as { items: { actor: string; kind: string; outcome: string }[] };
      assert.deepEqual(
        items.slice(0, 2).map(({ actor, kind, outcome }) => ({ actor, kind, outcome })),
        [
          { actor: 'bob', kind: 'rollback', outcome: 'succeeded' },
          { actor: 'alice', kind: 'deploy', outcome: 'succeeded' },
        ],
      );
      at.note('the ledger knows both releases', call);
    });
  });

  test('no secret is anywhere but in its file', async () => {
    await at.ensure(v2);
    await at.ensure(v1);
    const values = [...secretsOf(at.host), ...keyLines(at.host.access.key)];
    assert.ok(values.length >= 8, `${values.length} values to look for`);
    assert.deepEqual(placesOf(values, at.host, at.said), []);
    // That the search would find one.
    at.host.exec('sh', '-c', 'printf %s "$1" > "$2/journals/planted"', 'sh', values[0]!, root);
    assert.deepEqual(placesOf(values, at.host, `${at.said}${values[1]}`), [
      `file ${root}/journals/planted`,
      `told to a caller: ${values[1]!.slice(0, 4)}…`,
    ]);
    at.host.exec('rm', `${root}/journals/planted`);
    at.note('search for secrets', `${values.length} values, found nowhere but in their files`);
  });
});

/** A certificate of its own for the host's address, as Nginx's user may read it. */
const certificate = `
  mkdir -p /etc/sluice/tls && cd /etc/sluice/tls
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ledger.example -addext subjectAltName=IP:$(hostname -i) \
    -keyout key.pem -out certificate.pem 2> /dev/null
  chown 101 key.pem certificate.pem && chmod 0400 key.pem`;

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
