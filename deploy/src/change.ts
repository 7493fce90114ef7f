/** One change of the host from the lock to its end: mends what a crash left, runs the transaction, proves, records, gives the lock back. */
import { join } from 'node:path';
import { audit } from './audit.ts';
import { Journal } from './journal.ts';
import type { Host } from './host.ts';
import { flush, queue } from './ledger.ts';
import { takeLock } from './lock.ts';
import { Mistake } from './mistake.ts';
import type { Plan } from './plan.ts';
import type { Credentials } from './registry.ts';
import { type Deployed, digestOf, repositoryOf, short } from './release.ts';
import type { Request, StatusRequest } from './request.ts';
import { bringBack } from './rest.ts';
import { eventually, proveServing } from './serving.ts';
import { stepsOf } from './steps/index.ts';
import { type Outcome, transact, undo } from './transaction.ts';

/** How a call ended. */
export interface Result {
  /** `undone`: it failed, and the old version serves as before. `stuck`: not even that could be proved. */
  outcome: 'done' | 'unchanged' | 'planned' | 'undone' | 'refused' | 'stuck';
  message: string;
  /** Steps with their times, where there was a transaction. */
  steps?: { step: string; state: string; ms?: number }[];
  warnings?: string[];
  [detail: string]: unknown;
}

/** Holds the lock while it works, and begins with mending what another left: `work` gets what came of that. */
export async function change(
  host: Host,
  request: Exclude<Request, StatusRequest>,
  supervisor: string,
  work: (mended?: Result) => Promise<Result>,
): Promise<Result> {
  const what = `${request.action} ${request.environment}`;
  const wish = { actor: request.actor, what, since: new Date().toISOString(), supervisor };
  const { lock: path } = host.paths;
  const lock = await takeLock(
    { path, wait: request.wait, breakLock: request.breakLock, ...wish },
    host.docker,
    host.say,
  );
  const { left } = lock;
  if (left) host.say(`${left.actor} did not come to an end with ${left.what}, begun ${left.since}`);
  try {
    const mended = await mend(host);
    if (mended?.outcome === 'stuck') return mended;
    return await work(mended);
  } finally {
    lock.release();
  }
}

/** Undoes or finishes what a crash left. Needs the lock. Undefined where there was nothing. */
export async function mend(host: Host): Promise<Result | undefined> {
  const journal = Journal.unfinished<Plan>(host.paths.journal);
  if (!journal) return undefined;
  const { plan } = journal;
  if (host.record?.current.transaction === plan.id) {
    host.say(
      `mending: the ${plan.kind} of ${short(plan.release.image)} by ${plan.actor} had come to its end; only its report was missing`,
    );
    return finish(host, journal, { state: 'done', stuck: [] });
  }
  host.say(
    `mending: the ${plan.kind} of ${short(plan.release.image)} by ${plan.actor}, begun ${plan.startedAt}, was cut off; undoing it`,
  );
  journal.fail(journal.failure ?? 'cut off: the supervisor or the host went down');
  return finish(host, journal, { ...(await undo(stepsOf(plan), host, journal, host.say)), failure: journal.failure! });
}

/** Runs the transaction of a plan. */
export async function run(host: Host, plan: Plan, credentials?: Credentials): Promise<Result> {
  const journal = Journal.begin(host.paths.journal, plan);
  return finish(host, journal, await transact(stepsOf(plan, credentials), host, journal, host.say));
}

async function finish(host: Host, journal: Journal<Plan>, outcome: Outcome): Promise<Result> {
  const { plan } = journal;
  const result = await told(host, journal, outcome);
  // A journal that stays open is what the next call mends.
  if (result.outcome !== 'stuck') journal.close(join(host.paths.root, 'journals', `${plan.id}.json`));
  audit(host, {
    actor: plan.actor,
    action: plan.kind,
    outcome: result.outcome,
    environment: plan.environment,
    transaction: plan.id,
    image: plan.release.image,
    ...(outcome.failure ? { reason: outcome.failure } : {}),
  });
  queue(host, {
    key: plan.id,
    service: repositoryOf(plan.release.image).split('/').at(-1)!,
    environment: plan.environment,
    digest: digestOf(plan.release.image),
    actor: plan.actor,
    kind: plan.kind,
    outcome: result.outcome === 'done' ? 'succeeded' : plan.before ? 'rolled_back' : 'failed',
    ...(outcome.failure ? { reason: outcome.failure } : {}),
  });
  const waiting = await flush(host);
  const warnings = [...(plan.found.warnings ?? []), ...(waiting ? [waiting] : [])];
  return {
    ...result,
    transaction: plan.id,
    kind: plan.kind,
    image: plan.release.image,
    steps: journal.entries.map(({ step, state, ms }) => ({ step, state, ...(ms === undefined ? {} : { ms }) })),
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}

/** What came of it, with the proof that the old version serves where it had to be undone. */
async function told(host: Host, journal: Journal<Plan>, { state, failure, stuck }: Outcome): Promise<Result> {
  const { before, release, kind, standby } = journal.plan;
  if (state === 'done') {
    return { outcome: 'done', message: `${short(release.image)} runs${kind === 'rollback' ? ' again' : ''}` };
  }
  const old = before
    ? `${short(before.release.image)} serves as before, proved by digest`
    : 'the host is as empty as before';
  const problems = [...stuck];
  try {
    if (before && !(await serves(host, before))) await bringBack(host, before, standby ? [standby] : [], 90);
    else await eventually(host, 20, () => proveServing(host, before));
  } catch (error) {
    problems.push((error as Error).message);
  }
  if (problems.length === 0) return { outcome: 'undone', message: `${failure}; ${old}` };
  return {
    outcome: 'stuck',
    message: `${failure}; and it could not be undone: ${problems.join('; ')}. Mend that on the host, then call again: it goes on from here`,
  };
}

async function serves(host: Host, before: Deployed): Promise<boolean> {
  return eventually(host, 5, () => proveServing(host, before)).then(
    () => true,
    () => false,
  );
}

/** A refusal is a mistake of the caller's or of the host's, found before anything was touched. */
export function refused(problems: string[]): Result {
  return {
    outcome: 'refused',
    message: problems.length === 1 ? problems[0]! : `${problems.length} problems`,
    problems,
  };
}

export function isMistake(error: unknown): error is Mistake {
  return error instanceof Mistake;
}
