/** deploy: brings a verified release to the host, or leaves the host as it was. */
import { existsSync, rmSync } from 'node:fs';
import { change, refused, type Result, run } from './change.ts';
import type { Host } from './host.ts';
import { noted } from './lock.ts';
import type { Plan } from './plan.ts';
import { preflight } from './preflight.ts';
import type { Credentials } from './registry.ts';
import { type Deployed, digestOf, otherColour, short } from './release.ts';
import type { DeployRequest } from './request.ts';
import { eventually, proveServing } from './serving.ts';
import { standby, without } from './settings.ts';
import { stage } from './steps/stage.ts';
import { stepsOf } from './steps/index.ts';

export async function deploy(
  host: Host,
  request: DeployRequest,
  supervisor: string,
  credentials?: Credentials,
): Promise<Result> {
  const problems = await preflight(host, request, credentials);
  if (request.dryRun) return rehearse(host, request, problems, credentials);
  if (problems.length > 0) return refused(problems);
  host.say('preflight         ok');
  return change(host, request, supervisor, async () => {
    if (await runsAlready(host, request)) {
      return {
        outcome: 'unchanged',
        message: `${short(request.release.image)} is already running, proved by digest`,
        image: request.release.image,
      };
    }
    return run(host, planOf(host, request), credentials);
  });
}

function planOf(host: Host, request: DeployRequest): Plan {
  const { record } = host;
  const other = record && standby(record.history, record.current.colour);
  return {
    id: transactionId(),
    kind: 'deploy',
    actor: request.actor,
    environment: request.environment,
    startedAt: new Date().toISOString(),
    release: request.release,
    settings: host.settings,
    ...(record ? { before: record.current } : {}),
    ...(other ? { standby: other } : {}),
    bake: request.bake,
    migrate: request.migrate,
    interrupt: request.interrupt,
    found: {},
  };
}

/** Sorts by time, and is a name that Docker and the ledger accept. */
export function transactionId(): string {
  const time = new Date()
    .toISOString()
    .replace(/[-:]|\.\d+/g, '')
    .toLowerCase();
  return `${time}-${Math.random().toString(36).slice(2, 8).padEnd(6, '0')}`;
}

/** The same release, and it provably serves: then there is nothing to do. */
async function runsAlready(host: Host, { release }: DeployRequest): Promise<boolean> {
  const current = host.record?.current;
  if (!current || current.release.image !== release.image || current.release.bundle !== release.bundle) return false;
  try {
    await eventually(host, 5, () => proveServing(host, current));
  } catch (error) {
    host.say(`recorded as running, but it does not: ${(error as Error).message}`);
    return false;
  }
  const outdated = await madeByOtherSettings(host, current);
  if (outdated.length > 0) host.say(`settings.env changed since it was deployed: ${outdated.join(', ')}`);
  return outdated.length === 0;
}

/** Services whose containers are not what the settings of today would make of the same release. */
async function madeByOtherSettings(host: Host, current: Deployed): Promise<string[]> {
  const other = standby(host.record?.history ?? [], current.colour);
  const hashes = await host.hashes(host.stack(host.settings, current, other));
  const left = without(host.settings);
  const containers = await host.docker.containers(host.project);
  return containers
    .filter(({ labels }) => labels['com.docker.compose.config-hash'] !== hashes.get(serviceOf(labels)))
    .map(({ labels }) => serviceOf(labels))
    .filter((service) => service !== `api-${otherColour(current.colour)}` && !left.has(service));
}

function serviceOf(labels: Record<string, string>): string {
  return labels['com.docker.compose.service'] ?? '';
}

/** Says what would happen, from the real state of the host. Fetches the bundle to compare, and takes it away again. */
async function rehearse(
  host: Host,
  request: DeployRequest,
  problems: string[],
  credentials?: Credentials,
): Promise<Result> {
  const plan = planOf(host, request);
  const lock = await noted(host.paths.lock, host.docker);
  if (lock) problems.push(`${lock.actor} holds the lock since ${lock.since} (${lock.what}, ${lock.state})`);
  if (existsSync(host.paths.journal))
    problems.push('an unfinished transaction lies on the host; deploy would mend it first');
  const before = plan.before ? `${short(plan.before.release.image)} runs as ${plan.before.colour}` : 'nothing runs';
  const would = (await runsAlready(host, request))
    ? 'nothing to do'
    : `would run ${stepsOf(plan)
        .map(({ name }) => name)
        .join(', ')}`;
  let changes: string[] = [];
  if (problems.length === 0 && plan.before) {
    const known = existsSync(host.releaseDirectory(plan.release.bundle));
    try {
      const step = stage(credentials);
      await step.do(host, { ...plan, interrupt: true });
      changes = plan.found.swap
        ? [`the API changes from ${plan.before.colour}`]
        : ['the API stays, its surroundings follow'];
      if (plan.found.interrupted?.length)
        changes.push(`${plan.found.interrupted.join(' and ')} would be made anew: needs --allow-interruption`);
    } finally {
      if (!known) rmSync(host.releaseDirectory(plan.release.bundle), { recursive: true, force: true });
    }
  }
  return {
    outcome: problems.length > 0 ? 'refused' : 'planned',
    message: `dry run for ${digestOf(request.release.image)}: ${before}; ${would}${changes.map((line) => `; ${line}`).join('')}`,
    ...(problems.length > 0 ? { problems } : {}),
  };
}
