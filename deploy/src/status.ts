/** status: what runs, since when, by whom, and whether that is what the record says. Touches nothing and needs no lock. */
import { existsSync, readdirSync, statfsSync } from 'node:fs';
import type { Result } from './change.ts';
import type { Host } from './host.ts';
import { Journal } from './journal.ts';
import { noted } from './lock.ts';
import type { Plan } from './plan.ts';
import { digestOf, short } from './release.ts';
import { proveIdle, proveServing } from './serving.ts';
import { without } from './settings.ts';

export async function status(host: Host): Promise<Result> {
  const { record } = host;
  const [lock, drift, services] = await Promise.all([
    noted(host.paths.lock, host.docker),
    driftOf(host),
    observed(host),
  ]);
  const journal = Journal.unfinished<Plan>(host.paths.journal);
  const atWork = lock?.state === 'held';
  const cutOff =
    record?.current.transaction === journal?.plan.id
      ? 'cut off: it had come to its end, the next call only reports it'
      : 'cut off: the next deploy, rollback or mend undoes it';
  const unfinished = journal && {
    kind: journal.plan.kind,
    image: journal.plan.release.image,
    actor: journal.plan.actor,
    startedAt: journal.plan.startedAt,
    steps: journal.entries.map(({ step, state }) => `${step}: ${state}`),
    verdict: atWork ? 'under way' : cutOff,
  };
  const { bavail, bsize, blocks } = statfsSync('/');
  const freeDisk = { bytes: bavail * bsize, percent: Math.round((bavail / blocks) * 100) };
  const queued = existsSync(host.paths.outbox)
    ? readdirSync(host.paths.outbox).filter((name) => name.endsWith('.json')).length
    : 0;
  const current = record && {
    image: record.current.release.image,
    digest: digestOf(record.current.release.image),
    commit: record.current.release.commit,
    verdict: record.current.release.verdict,
    colour: record.current.colour,
    since: record.current.at,
    actor: record.current.actor,
    environment: record.current.environment,
  };
  const lines = [
    current
      ? `running        ${current.digest} as ${current.colour}, commit ${current.commit.slice(0, 12)}, since ${current.since}, by ${current.actor}`
      : 'running        nothing was deployed yet',
    `drift          ${drift.length === 0 ? 'none: the record and the running digest are the same' : drift.join('; ')}`,
    `back to        ${
      record?.history
        .filter(({ rolledBack }) => !rolledBack)
        .map(({ release }) => short(release.image))
        .join(', ') || 'nothing'
    }`,
    `lock           ${lock ? `${lock.state}: ${lock.actor}, ${lock.what}, since ${lock.since}` : 'free'}`,
    ...(unfinished
      ? [
          `unfinished     ${unfinished.kind} of ${short(unfinished.image)} by ${unfinished.actor}: ${unfinished.verdict}`,
        ]
      : []),
    ...(services.length > 0 ? [`not up         ${services.join(', ')}`] : []),
    `free disk      ${(freeDisk.bytes / 1e9).toFixed(1)} GB (${freeDisk.percent} %)`,
    ...(queued > 0 ? [`ledger         ${queued} reports wait`] : []),
  ];
  return {
    // Somebody at work is no drift: both colours run for a while.
    outcome: (drift.length === 0 && !unfinished) || atWork ? 'done' : 'undone',
    message: lines.join('\n'),
    current: current ?? null,
    history:
      record?.history.map(({ release, at, actor, rolledBack }) => ({
        digest: digestOf(release.image),
        at,
        actor,
        rolledBack: rolledBack ?? false,
      })) ?? [],
    drift,
    lock: lock ?? null,
    unfinished: unfinished ?? null,
    notUp: services,
    freeDisk,
    queued,
  };
}

/** In what the host differs from its record. */
async function driftOf(host: Host): Promise<string[]> {
  const current = host.record?.current;
  const drift: string[] = [];
  const check = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      drift.push((error as Error).message);
    }
  };
  await check(() => proveServing(host, current));
  if (current) await check(() => proveIdle(host, current.colour));
  return drift;
}

/** Containers of the stack beside the API that should run and do not, or fail their health check. */
async function observed(host: Host): Promise<string[]> {
  const left = without(host.record?.current.settings ?? host.settings);
  const containers = await host.docker.containers(host.project);
  return containers
    .filter(({ labels, running, restarting, health }) => {
      const name = labels['com.docker.compose.service'] ?? '';
      return !/^(api-|migrate$)/.test(name) && !left.has(name) && (!running || restarting || health === 'unhealthy');
    })
    .map(({ name }) => name);
}
