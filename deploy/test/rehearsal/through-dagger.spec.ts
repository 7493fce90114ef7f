/** The same through Dagger's own functions, with a real signature and real attestations: what the other rehearsal leaves out. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Answer, call, noEngine } from '../../../dagger/test/engine.ts';
import type { Release } from '../../src/release.ts';
import { must } from './host.ts';
import { whyNot } from './lab.ts';
import { Rehearsal } from './rehearsal.ts';

const noCosign = spawnSync('cosign', ['version']).status === 0 ? undefined : 'cosign is not on the PATH';
const skip = whyNot() ?? noEngine() ?? noCosign ?? false;
const policy = 'c'.repeat(64);

describe('a host through dagger call', { skip, timeout: 1_800_000 }, () => {
  let at: Rehearsal;
  let folder: string;
  let good: Release;
  let better: Release;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-signed-'));
    for (const name of ['cosign', 'stranger']) cosign('generate-key-pair', '--output-key-prefix', name);
    at = await Rehearsal.begin('sluice-rehearsal-dagger');
    good = at.release('d1');
    better = at.release('d2');
    sign(good, 'passed', 'cosign');
    sign(better, 'passed', 'cosign');
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true, force: true });
    at?.host.stop();
  });

  test('status of an empty host', () => {
    const answer = onHost('status');
    assert.equal(answer.exitCode, 0, answer.stderr);
    assert.match(answer.stdout, /^running +nothing was deployed yet$/m);
  });

  test('a mistake in the call is one line and exit code 2', () => {
    const answer = call(['status', '--target', 'ssh://root@host']);
    assert.equal(answer.exitCode, 2);
    assert.match(answer.stderr, /--target ssh:\/\/… needs --ssh-key file:PATH and --known-hosts PATH/);
  });

  test('a dry run verifies, looks, and touches nothing', () => {
    const answer = deploy(good, '--dry-run');
    assert.equal(answer.exitCode, 0, answer.stderr);
    assert.match(answer.stdout, /planned: dry run for sha256:/);
    assert.equal(at.host.docker('ps', '--all', '--quiet', '--filter', 'name=sluice-api').trim(), '');
  });

  test('first deploy', async () => {
    const answer = deploy(good, '--actor', 'Jane "J" O’Hara; reboot');
    assert.equal(answer.exitCode, 0, answer.stderr);
    assert.match(answer.stdout, /^prove +.*api-blue runs /m);
    await at.serves(good);
    assert.match(at.host.exec('tail', '-n', '1', '/var/lib/sluice/audit.log'), /"actor":"Jane \\"J\\" O’Hara; reboot"/);
  });

  test('the same again runs already', () => {
    const answer = deploy(good);
    assert.equal(answer.exitCode, 0, answer.stderr);
    assert.match(answer.stdout, /is already running, proved by digest/);
  });

  for (const [what, status, key, policyHash, reason] of [
    ['a failed verdict', 'failed', 'cosign', policy, /verdict +failed/],
    ['somebody else’s signature', 'passed', 'stranger', policy, /FAIL +signature/],
    ['another policy', 'passed', 'cosign', 'd'.repeat(64), /FAIL +policy/],
  ] as const) {
    test(`${what} is refused before the host is asked anything`, async () => {
      const release = at.release(`refused-${status}-${key}`);
      sign(release, status, key);
      const before = at.host.exec('stat', '--format', '%Y', '/var/lib/sluice');
      const answer = onHost('deploy', '--image', release.image, '--policy-hash', policyHash, ...trust());
      assert.equal(answer.exitCode, 1, answer.stderr);
      assert.match(answer.stdout + answer.stderr, reason);
      assert.equal(at.host.exec('stat', '--format', '%Y', '/var/lib/sluice'), before);
      await at.serves(good);
    });
  }

  test('a version that never gets ready is undone, and the exit code says so', async () => {
    at.configure({ SLUICE_READY_SECONDS: '10' });
    const release = at.release('d-never-ready', 'never-ready');
    sign(release, 'passed', 'cosign');
    const answer = deploy(release);
    at.configure();
    assert.equal(answer.exitCode, 1);
    assert.match(answer.stdout + answer.stderr, /undone: start: .* serves as before, proved by digest/);
    await at.serves(good);
  });

  test('the next version, and back', async () => {
    assert.equal(deploy(better, '--bake', '3s').exitCode, 0);
    await at.serves(better);
    const back = onHost('rollback');
    assert.equal(back.exitCode, 0, back.stderr);
    await at.serves(good);
    const status = onHost('status', '--as-json');
    const { current, drift } = JSON.parse(status.stdout) as { current: { image: string }; drift: string[] };
    assert.equal(current.image, good.image);
    assert.deepEqual(drift, []);
  });

  test('prune', () => {
    const answer = onHost('prune', '--keep', '0');
    assert.equal(answer.exitCode, 0, answer.stderr);
    assert.match(answer.stdout, /^forgot /m);
  });

  function onHost(name: string, ...args: string[]): Answer {
    const { target, key, knownHosts } = at.host.access;
    const [user, host, port] = target.split(' ');
    const access = [
      '--target',
      `ssh://${user}@${host}:${port}`,
      '--ssh-key',
      `file:${key}`,
      '--known-hosts',
      knownHosts,
    ];
    const images = process.env['SLUICE_REHEARSAL_IMAGES'];
    return call([name, ...access, ...args], images ? { images } : {});
  }

  function deploy({ image }: Release, ...args: string[]): Answer {
    return onHost('deploy', '--image', `http://${image}`, '--policy-hash', policy, ...trust(), ...args);
  }

  function trust(): string[] {
    return ['--key', join(folder, 'cosign.pub'), '--transparency-log=false'];
  }

  /** What `publish` leaves at an image, as far as `verify` asks for it. */
  function sign({ image, commit, bundle }: Release, status: string, key: string): void {
    const subject = {
      name: 'release-ledger',
      revision: commit,
      imageDigest: image.split('@')[1],
      bundleDigest: bundle,
    };
    const verdict = {
      ...{ schema: 'verdict/v1', status, runner: 'dagger', preview: false, subject, policy },
      ...{ stages: [{ stage: 'lint', status }], finishedAt: new Date().toISOString() },
    };
    const provenance = { buildDefinition: { externalParameters: { revision: commit, policy } } };
    const flags = [
      '--key',
      `${key}.key`,
      '--yes',
      '--use-signing-config=false',
      '--tlog-upload=false',
      '--allow-http-registry',
    ];
    for (const [type, predicate] of Object.entries({
      'urn:sluice:verdict:v1': verdict,
      'https://cyclonedx.org/bom': { bomFormat: 'CycloneDX', components: [{ name: 'node' }] },
      'https://slsa.dev/provenance/v1': provenance,
    })) {
      writeFileSync(join(folder, 'predicate.json'), JSON.stringify(predicate));
      cosign('attest', ...flags, '--type', type, '--predicate', 'predicate.json', image);
    }
    cosign('sign', ...flags, image);
  }

  function cosign(...args: string[]): void {
    must('env', '-C', folder, 'COSIGN_PASSWORD=', 'cosign', ...args);
  }
});
