/** What docs/deploying.md tells the owner of a new machine to do, word for word: set up, deploy, break, mend, go back; with systemd through a power cut. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Release } from '../../src/release.ts';
import { DaggerCalls, whyNoCall } from './dagger-calls.ts';
import { EphemeralHost, must } from './host.ts';
import { Rehearsal } from './rehearsal.ts';

describe('an empty host', { skip: whyNoCall() ?? false, timeout: 2_400_000 }, () => {
  let at: Rehearsal;
  let calls: DaggerCalls;
  let good: Release;
  let better: Release;

  before(async () => {
    at = await Rehearsal.on(await EphemeralHost.startEmpty('sluice-rehearsal-empty'));
    calls = new DaggerCalls(at);
    writeFileSync(at.host.access.knownHosts, must('ssh-keyscan', '-t', 'ed25519', at.host.address));
    good = at.release('d1');
    better = at.release('d2');
    calls.sign(good);
    calls.sign(better);
    writeFileSync(join(calls.folder, 'settings.env'), at.settings());
  });
  after(() => {
    calls?.end();
    at?.end();
  });

  test('without setup: one line says what is missing', () =>
    calls.ends(4, /^sluice: the host answers, but not its Docker: run setup; /m, 'status', calls.onHost()));

  test('setup installs Docker, lets the user use it, and writes the settings', async () => {
    const settings = ['--settings', join(calls.folder, 'settings.env')];
    await calls.ends(0, /^the host is ready: settings\.env written$/m, 'setup', [...calls.onHost(), ...settings]);
    assert.match(at.host.exec('id', 'ec2-user'), /\(docker\)/);
    assert.equal(at.host.exec('systemctl', 'is-enabled', 'docker').trim(), 'enabled');
    assert.equal(at.host.exec('systemctl', 'is-enabled', 'sluice-mend').trim(), 'enabled');
    assert.equal(at.host.exec('systemd-analyze', 'verify', 'sluice-mend.service').trim(), '');
  });

  test('setup again changes nothing', () =>
    calls.ends(0, /^the host is ready: settings\.env stays as it was$/m, 'setup', calls.onHost()));

  test('first deploy', async () => {
    await calls.ends(0, /^[0-9a-f]{12} runs$/m, 'deploy', calls.of(good));
    await at.serves(good);
  });

  test('a power cut while a deploy is watched: after boot systemd undoes it, without any call', async () => {
    // Whether it finds the host again depends on how long that takes to boot.
    const told = /^sluice: the (supervisor was ended from outside|connection is cut)/m;
    const call = calls.ends([3, 4], told, 'deploy', [...calls.of(better), ...['--bake', '2m']]);
    assert.ok(await at.begun('bake', { output: () => '' }, 240));
    // Docker would start it again: what is asked here is whether systemd mends where Docker does not.
    const [supervisor] = at.host.docker('ps', '--quiet', '--filter', 'label=sluice.supervisor').split('\n');
    at.host.docker('update', '--restart=no', supervisor!);
    await at.host.reboot();
    await call;
    await at.quiet('sluice-mend.service');
    const log = at.host.exec('journalctl', '--boot', '--unit', 'sluice-mend', '--output', 'cat', '--no-pager');
    assert.match(log, /was cut off; undoing it[^]*serves, proved by digest[^]*Finished sluice-mend/);
    await at.serves(good);
    at.note('power cut at bake, systemd', log.trim().split('\n').at(-3)!);
  });

  test('the next version, and back', async () => {
    await calls.ends(0, /^[0-9a-f]{12} runs$/m, 'deploy', [...calls.of(better), '--bake', '3s']);
    await at.serves(better);
    await calls.ends(0, /^[0-9a-f]{12} runs again$/m, 'rollback', calls.onHost());
    await at.serves(good);
  });
});
