/** `dagger call` on a rehearsal's host, as a user would type it, with releases that are signed for it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { callAside, noEngine } from '../../../dagger/test/engine.ts';
import type { Release } from '../../src/release.ts';
import { must } from './host.ts';
import { whyNot } from './lab.ts';
import type { Rehearsal } from './rehearsal.ts';

const noCosign = () => (spawnSync('cosign', ['version']).status === 0 ? undefined : 'cosign is not on the PATH');

/** Why no call can be rehearsed here; undefined if one can. */
export function whyNoCall(): string | undefined {
  return whyNot() ?? noEngine() ?? noCosign();
}

/** The hash of the policy that the releases were judged by. */
export const policy = 'c'.repeat(64);

export class DaggerCalls {
  readonly at: Rehearsal;
  /** Keys and other files of the caller. */
  readonly folder = mkdtempSync(join(tmpdir(), 'sluice-signed-'));

  constructor(at: Rehearsal) {
    this.at = at;
    for (const name of ['cosign', 'stranger']) this.#cosign('generate-key-pair', '--output-key-prefix', name);
  }

  end(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** One call: its exit code, and the one line that says how it ended; both go into the table. */
  async ends(code: number | number[], line: RegExp | undefined, name: string, args: string[]): Promise<void> {
    const images = process.env['SLUICE_REHEARSAL_IMAGES'];
    const answer = await callAside([name, ...args], images ? { images } : {});
    // Progress of the plain kind begins with the number of the step; what a step printed comes after a bar.
    const stderr = stripVTControlCharacters(answer.stderr)
      .replaceAll(/^.*?\[\d+\.\d+s\] \| /gm, '')
      .split('\n')
      .filter((each) => !/^\d+ +:/.test(each))
      .join('\n');
    const text = `${answer.stdout}\n${stderr}`;
    this.at.said += answer.stdout + answer.stderr;
    const found = line ? line.exec(text)?.[0] : text.trim().split('\n').at(-1);
    this.at.note(`dagger call ${name}: exit code ${answer.exitCode}`, found ?? 'another line');
    const tail = `${answer.stdout}\n${stderr.split('\n').slice(-30).join('\n')}`;
    assert.ok([code].flat().includes(answer.exitCode!), `exit code ${answer.exitCode}: ${tail}`);
    assert.ok(found, `no line ${line} in: ${tail}`);
  }

  onHost(other: { port?: string } = {}): string[] {
    const { target, key, knownHosts } = this.at.host.access;
    const [user, host, port] = target.split(' ');
    const address = `ssh://${user}@${host}:${other.port ?? port}`;
    return ['--target', address, '--ssh-key', `file:${key}`, '--known-hosts', knownHosts];
  }

  /** The arguments of a deploy. */
  of({ image }: Release, policyHash = policy, access = this.onHost()): string[] {
    const trust = ['--key', join(this.folder, 'cosign.pub'), '--transparency-log=false'];
    return [...access, '--image', `http://${image}`, '--policy-hash', policyHash, ...trust];
  }

  /** What `publish` leaves at an image, as far as `verify` asks for it. */
  sign(
    { image, commit, bundle }: Release,
    { status = 'passed', key = 'cosign', age = 0 }: { status?: string; key?: string; age?: number } = {},
  ): void {
    const subject = {
      name: 'release-ledger',
      revision: commit,
      imageDigest: image.split('@')[1],
      bundleDigest: bundle,
    };
    const verdict = {
      ...{ schema: 'verdict/v1', status, runner: 'dagger', preview: false, subject, policy },
      ...{ stages: [{ stage: 'lint', status }], finishedAt: new Date(Date.now() - age).toISOString() },
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
      writeFileSync(join(this.folder, 'predicate.json'), JSON.stringify(predicate));
      this.#cosign('attest', ...flags, '--type', type, '--predicate', 'predicate.json', image);
    }
    this.#cosign('sign', ...flags, image);
  }

  #cosign(...args: string[]): void {
    must('env', '-C', this.folder, 'COSIGN_PASSWORD=', 'cosign', ...args);
  }
}
