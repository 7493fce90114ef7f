/** The same through Dagger's own functions, with a real signature and real attestations: what the other rehearsal leaves out. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Release } from '../../src/release.ts';
import { DaggerCalls, policy, whyNoCall } from './dagger-calls.ts';
import { Rehearsal } from './rehearsal.ts';
import { registryProxy } from './registry-proxy.ts';
import { keyLines, placesOf, searchForSecrets } from './secrets.ts';

const skip = whyNoCall() ?? false;
const days = 86_400_000;

describe('a host through dagger call', { skip, timeout: 2_400_000 }, () => {
  let at: Rehearsal;
  let calls: DaggerCalls;
  let good: Release;
  let better: Release;

  before(async () => {
    at = await Rehearsal.begin('sluice-rehearsal-dagger');
    calls = new DaggerCalls(at);
    good = at.release('d1');
    better = at.release('d2');
    calls.sign(good);
    calls.sign(better);
  });
  after(() => {
    calls?.end();
    at?.end();
  });

  test('status of an empty host', async () => {
    at.host.wipe();
    at.configure();
    await calls.ends(0, /^running +nothing was deployed yet$/m, 'status', calls.onHost());
  });

  describe('mistakes in the call are one line', () => {
    test('no key', () =>
      calls.ends(2, /^sluice: --target ssh:\/\/… needs --ssh-key file:PATH and --known-hosts PATH/m, 'status', [
        ...['--target', 'ssh://root@host'],
      ]));

    test('a target that is none', () =>
      calls.ends(2, /^sluice: --target is "ftp:\/\/host": write ssh:\/\/USER@HOST/m, 'status', [
        '--target',
        'ftp://host',
      ]));

    test('no time', () =>
      calls.ends(2, /^sluice: --bake is "soon": write seconds or minutes/m, 'deploy', [
        ...calls.of(good),
        '--bake',
        'soon',
      ]));

    test('nobody answers there', () =>
      calls.ends(4, /^sluice: no connection to deployer@.* port 2$/m, 'status', calls.onHost({ port: '2' })));
  });

  test('a dry run verifies, looks, and touches nothing', async () => {
    await calls.ends(0, /^planned: dry run for sha256:/m, 'deploy', [...calls.of(good), '--dry-run']);
    assert.equal(at.host.docker('ps', '--all', '--quiet', '--filter', 'name=sluice-api').trim(), '');
  });

  test('first deploy', async () => {
    const actor = 'Jane "J" O’Hara; reboot';
    await calls.ends(0, /^[0-9a-f]{12} runs$/m, 'deploy', [...calls.of(good), '--actor', actor]);
    await at.serves(good);
    assert.match(at.host.exec('tail', '-n', '1', '/var/lib/sluice/audit.log'), /"actor":"Jane \\"J\\" O’Hara; reboot"/);
  });

  test('the same again runs already', () =>
    calls.ends(0, /^[0-9a-f]{12} is already running, proved by digest$/m, 'deploy', calls.of(good)));

  describe('refused before the host is asked anything', () => {
    for (const [what, signed, policyHash, reason] of [
      ['a failed verdict', { status: 'failed' }, policy, /^not verified: verdict$/m],
      ['somebody else’s signature', { key: 'stranger' }, policy, /^not verified: signature, /m],
      ['another policy', {}, 'd'.repeat(64), /^not verified: policy$/m],
      ['a verdict of 40 days ago', { age: 40 * days }, policy, /^not verified: age$/m],
    ] as const) {
      test(what, async () => {
        const release = at.release(`refused: ${what}`.replace(/[^a-z0-9]+/gi, '-'));
        calls.sign(release, signed);
        const supervisors = at.host.exec('cat', '/var/log/sshd.log').length;
        await calls.ends(1, reason, 'deploy', calls.of(release, policyHash));
        assert.equal(at.host.exec('cat', '/var/log/sshd.log').length, supervisors, 'nobody came by SSH');
        await at.serves(good);
      });
    }
  });

  test('a version that never gets ready is undone, and the exit code says so', async () => {
    at.configure({ SLUICE_READY_SECONDS: '10' });
    const release = at.release('d-never-ready', 'never-ready');
    calls.sign(release);
    await calls.ends(1, /^undone: start: .* serves as before, proved by digest$/m, 'deploy', calls.of(release));
    at.configure();
    await at.serves(good);
  });

  test('the next version, and back', async () => {
    await calls.ends(0, /^[0-9a-f]{12} runs$/m, 'deploy', [...calls.of(better), '--bake', '3s']);
    await at.serves(better);
    await calls.ends(0, /^planned: would go back from [0-9a-f]{12} to [0-9a-f]{12}/m, 'rollback', [
      ...calls.onHost(),
      '--dry-run',
    ]);
    await at.serves(better);
    await calls.ends(0, /^[0-9a-f]{12} runs again$/m, 'rollback', calls.onHost());
    await at.serves(good);
    const recorded = new RegExp(`"image":"${good.image}".*"drift":\\[\\],"lock":null`);
    await calls.ends(0, recorded, 'status', [...calls.onHost(), '--as-json']);
  });

  test('a crash is seen by status, and mended', async () => {
    at.host.docker('kill', `sluice-api-${at.colour}-1`);
    await calls.ends(1, /^drift +api-\w+ does not run$/m, 'status', calls.onHost());
    await calls.ends(0, /serves, proved by digest$/m, 'mend', calls.onHost());
    await at.serves(good);
  });

  test('a registry with a password', async () => {
    const password = '9f2c-password-of-the-registry';
    const proxy = await registryProxy({ login: { username: 'robot', password, scheme: 'bearer' } });
    writeFileSync(join(calls.folder, 'password'), password);
    try {
      const release = { ...better, image: proxy.through(better.image) };
      const login = ['--username', 'robot', '--password', `file:${join(calls.folder, 'password')}`];
      await calls.ends(1, undefined, 'deploy', calls.of(release));
      await calls.ends(0, /^[0-9a-f]{12} runs$/m, 'deploy', [...calls.of(release), ...login, '--bake', '3s']);
      await at.serves(release);
    } finally {
      proxy.close();
    }
    assert.deepEqual(placesOf([password], at.host, at.said), []);
    await calls.ends(0, /^[0-9a-f]{12} runs again$/m, 'rollback', calls.onHost());
    await at.serves(good);
  });

  describe('on the machine itself, by its Docker socket', () => {
    let tunnel: ChildProcess;
    let socket: string;
    const local = () => ['--target', 'local', '--docker', `unix://${socket}`];

    // The ephemeral host's own socket, brought here: to Dagger it is a socket of the machine it runs on.
    before(async () => {
      const { target, key, knownHosts } = at.host.access;
      const [user, host] = target.split(' ');
      socket = join(calls.folder, 'docker.sock');
      const options = ['-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'IdentitiesOnly=yes'];
      tunnel = spawn('ssh', ['-N', '-i', key, ...options, '-L', `${socket}:/var/run/docker.sock`, `${user}@${host}`]);
      for (let i = 0; i < 100 && !existsSync(socket); i += 1) await new Promise((resume) => setTimeout(resume, 100));
    });
    after(() => tunnel?.kill());

    test('needs the socket', () =>
      calls.ends(2, /^sluice: --target local needs --docker unix:/m, 'status', ['--target', 'local']));

    test('status, a deploy, the way back', async () => {
      await calls.ends(0, /^drift +none/m, 'status', local());
      await calls.ends(0, /^[0-9a-f]{12} runs$/m, 'deploy', [...calls.of(better, policy, local()), '--bake', '3s']);
      await at.serves(better);
      await calls.ends(0, /^[0-9a-f]{12} runs again$/m, 'rollback', local());
      await at.serves(good);
      const line = at.host.exec('tail', '-n', '1', '/var/lib/sluice/audit.log');
      assert.match(line, /"actor":"whoever holds the Docker socket"/);
    });
  });

  test('prune', async () => {
    await calls.ends(0, /^planned: would forget .*$/m, 'prune', [...calls.onHost(), '--keep', '0', '--dry-run']);
    await calls.ends(0, /^forgot .*$/m, 'prune', [...calls.onHost(), '--keep', '0']);
    await at.serves(good);
  });

  test('no secret is anywhere but in its file', () => searchForSecrets(at, keyLines(join(calls.folder, 'cosign.key'))));
});
