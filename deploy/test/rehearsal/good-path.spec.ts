/** The good path, the repeated one, dry runs, status, and two callers at once. */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root } from './host.ts';
import { whyNot } from './lab.ts';
import { Load } from './load.ts';
import { lastLine, Rehearsal } from './rehearsal.ts';
import { makeBundle } from './releases.ts';
import { searchForSecrets } from './secrets.ts';

describe('rehearsal: the good path', { skip: whyNot() ?? false, timeout: 3_600_000 }, async () => {
  const at = await Rehearsal.begin('sluice-rehearsal');
  const [v1, v2] = [at.release('v1'), at.release('v2')];
  after(() => at.end());

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

    test('a key that may only forward is enough', async () => {
      const keys = '/home/deployer/.ssh/authorized_keys';
      at.host.exec('sed', '-i', 's/^ssh-/restrict,port-forwarding ssh-/', keys);
      try {
        const call = await at.deploy(v1);
        assert.equal(call.code, 0, call.stderr);
        at.note('a key with restrict,port-forwarding', call);
      } finally {
        at.host.exec('sed', '-i', 's/^restrict,port-forwarding //', keys);
      }
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

  test('no secret is anywhere but in its file', () => searchForSecrets(at));
});
