/**
 * How fast a deploy is, step by step, and what its users notice: deploys in a row under load on an ephemeral host, rollbacks, status, and for
 * comparison `docker compose pull && docker compose up -d` on the same host under the same load.
 *   node deploy/bench/deploys.ts [DEPLOYS=20]      needs what the rehearsal needs, see deploy/test/rehearsal/lab.ts
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Release } from '../src/release.ts';
import { type Call, root } from '../test/rehearsal/host.ts';
import { images, whyNot } from '../test/rehearsal/lab.ts';
import { Load } from '../test/rehearsal/load.ts';
import { Rehearsal, timesOf } from '../test/rehearsal/rehearsal.ts';

const reason = whyNot();
if (reason) {
  console.error(`deploys: ${reason}`);
  process.exit(2);
}
const count = Number(process.argv[2] ?? 20);
const at = await Rehearsal.begin('sluice-benchmark');
const releases = [at.release('v1'), at.release('v2')];
await at.ensure(releases[0]!);
await at.ensure(releases[1]!);

const load = new Load(at.url);
const seconds: number[] = [];
const perStep = new Map<string, number[]>();
for (let i = 0; i < count; i += 1) {
  const call = await at.deploy(releases[i % 2]!, { bake: 0 });
  if (call.code !== 0) throw new Error(call.stdout + call.stderr);
  seconds.push(call.ms / 1_000);
  note(call);
  console.error(
    `deploy ${i + 1} of ${count}: ${(call.ms / 1_000).toFixed(1)} s, ${load.soFar.failed} of ${load.soFar.requests} requests failed`,
  );
}
const toSwitch: number[] = [];
const back: number[] = [];
for (let i = 0; i < 3; i += 1) {
  const call = await at.rollback({ to: digest(releases[(count + i) % 2]!) });
  if (call.code !== 0) throw new Error(call.stdout + call.stderr);
  back.push(call.ms / 1_000);
  toSwitch.push(call.switched! / 1_000);
}
const during = await load.stop();
const status: number[] = [];
for (let i = 0; i < 5; i += 1) {
  status.push((await at.host.call({ action: 'status', actor: 'bench', json: true })).ms / 1_000);
}

print('deploy, whole call', seconds);
for (const [step, values] of perStep) print(`  ${step}`, values);
print('rollback, from the call to the end of the switch', toSwitch);
print('rollback, whole call', back);
print('status, whole call', status);
console.log(
  `${count} deploys and 3 rollbacks: ${during.failed} of ${during.requests} requests failed, slowest ${during.slowest} ms${why(during.reasons)}`,
);

const plain: number[] = [];
const users = new Load(at.url);
for (let i = 0; i < 5; i += 1) plain.push(await composeUp(releases[i % 2]!));
const noticed = await users.stop();

print('docker compose pull && docker compose up -d', plain);
console.log(
  `5 of those: ${noticed.failed} of ${noticed.requests} requests failed, slowest ${noticed.slowest} ms${why(noticed.reasons)}`,
);
at.host.stop();
process.exit(0);

/** What operating.md calls a new version by hand, on the colour that runs: Compose from its own image, as on a host without the plugin. */
async function composeUp({ image }: Release): Promise<number> {
  const env = `${root}/stack/compose/.env`;
  at.host.exec(
    'sed',
    '-i',
    `s#^\\(SLUICE_IMAGE[A-Z_]*\\)=.*#\\1=${image}#; s#^\\(SLUICE_DIGEST[A-Z_]*\\)=.*#\\1=${image.split('@')[1]}#`,
    env,
  );
  const compose = [
    'run',
    '--rm',
    '--volume',
    '/var/run/docker.sock:/var/run/docker.sock',
    '--volume',
    `${root}:${root}`,
    '--workdir',
    `${root}/stack/compose`,
    '--entrypoint',
    'sh',
    images.dockerCli,
  ];
  const service = /api-(?:blue|green)/.exec(at.host.exec('cat', `${root}/upstream/active.conf`))![0];
  const began = Date.now();
  // Not through the host's own way to run a command, which would keep the load from running meanwhile.
  await promisify(execFile)('docker', [
    ...['exec', at.host.name, 'docker', ...compose],
    ...['-c', `docker compose pull --quiet ${service} && docker compose up -d --no-deps ${service}`],
  ]);
  return (Date.now() - began) / 1_000;
}

/** Puts down the times of one call's steps, and what is left of it: SSH, the supervisor's start and its end. */
function note(call: Call): void {
  const times = timesOf(call);
  const steps = [...times.values()].reduce((total, each) => total + each, 0);
  for (const [step, each] of [...times, ['all else', call.ms / 1_000 - steps] as const]) {
    perStep.set(step, [...(perStep.get(step) ?? []), each]);
  }
}

function digest({ image }: Release): string {
  return image.slice(image.indexOf('@') + 1);
}

function print(name: string, values: number[]): void {
  const sorted = [...values].sort((a, b) => a - b);
  const at50 = sorted[Math.floor(sorted.length / 2)]!;
  console.log(
    `${name}: median ${at50.toFixed(1)} s, fastest ${sorted[0]!.toFixed(1)} s, slowest ${sorted.at(-1)!.toFixed(1)} s (${values.length} runs)`,
  );
}

function why(reasons: string[]): string {
  return reasons.length > 0 ? ` (${reasons.join(', ')})` : '';
}
