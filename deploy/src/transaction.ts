/** The engine: steps are done in their order, each within its time and written down before it begins; a failure undoes them in reverse. */
import type { Journal } from './journal.ts';

export interface Step<Host, Plan> {
  readonly name: string;
  /** Seconds that doing it may take; undoing it may take as long. */
  readonly limit: number | ((plan: Plan) => number);
  /** Does it; what it returns is shown beside its name. Called once. */
  do(host: Host, plan: Plan): Promise<string | void>;
  /** Takes back whatever `do` may have done, all or half of it. Called any number of times, also after a crash. */
  undo?(host: Host, plan: Plan): Promise<void>;
}

/** A host whose commands end when the signal does. */
export interface Interruptible<Host> {
  within(signal: AbortSignal): Host;
}

export interface Outcome {
  /** `undone`: everything is as it was. `stuck`: something could not be taken back, and the journal stays open. */
  state: 'done' | 'undone' | 'stuck';
  /** What failed, with the step's name. */
  failure?: string;
  /** What could not be taken back. */
  stuck: string[];
}

export type Say = (line: string) => void;

/** Does all steps, or undoes those that it began. */
export async function transact<Host extends Interruptible<Host>, Plan>(
  steps: readonly Step<Host, Plan>[],
  host: Host,
  journal: Journal<Plan>,
  say: Say,
): Promise<Outcome> {
  for (const step of steps) {
    const began = Date.now();
    try {
      journal.write(step.name, 'begun');
      const note = await timed(step, journal.plan, host, (within) => step.do(within, journal.plan));
      journal.write(step.name, 'done');
      say(`${step.name.padEnd(14)} ${seconds(Date.now() - began)}${note ? `  ${note}` : ''}`);
    } catch (error) {
      const failure = `${step.name}: ${(error as Error).message}`;
      say(`${step.name.padEnd(14)} ${seconds(Date.now() - began)}  FAILED: ${(error as Error).message}`);
      journal.tell(step.name, 'failed', (error as Error).message);
      journal.fail(failure);
      return { ...(await undo(steps, host, journal, say)), failure };
    }
  }
  return { state: 'done', stuck: [] };
}

/** Undoes in reverse every step that was begun. One that cannot be undone keeps none of the others from it. */
export async function undo<Host extends Interruptible<Host>, Plan>(
  steps: readonly Step<Host, Plan>[],
  host: Host,
  journal: Journal<Plan>,
  say: Say,
): Promise<Outcome> {
  const stuck: string[] = [];
  for (const step of steps.toReversed()) {
    const state = journal.stateOf(step.name);
    if (state === undefined || state === 'undone' || !step.undo) continue;
    const began = Date.now();
    const problem = await attempt(() => timed(step, journal.plan, host, (within) => step.undo!(within, journal.plan)));
    if (problem === undefined) {
      journal.tell(step.name, 'undone');
      say(`undo ${step.name.padEnd(9)} ${seconds(Date.now() - began)}`);
    } else {
      journal.tell(step.name, 'stuck', problem);
      say(`undo ${step.name.padEnd(9)} ${seconds(Date.now() - began)}  STUCK: ${problem}`);
      stuck.push(`${step.name}: ${problem}`);
    }
  }
  return { state: stuck.length > 0 ? 'stuck' : 'undone', stuck };
}

/** Twice, because after a reboot or a cut network the first try may come too early. */
async function attempt(work: () => Promise<unknown>): Promise<string | undefined> {
  for (const last of [false, true]) {
    try {
      await work();
      return undefined;
    } catch (error) {
      if (last) return (error as Error).message;
      await new Promise((resume) => setTimeout(resume, 1_000));
    }
  }
  return undefined;
}

async function timed<Host extends Interruptible<Host>, Plan, T>(
  step: Step<Host, Plan>,
  plan: Plan,
  host: Host,
  work: (host: Host) => Promise<T>,
): Promise<T> {
  const limit = typeof step.limit === 'number' ? step.limit : step.limit(plan);
  const controller = new AbortController();
  const over = new Error(`not done after ${limit} s`);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => {
      controller.abort(over);
      fail(over);
    }, limit * 1_000);
  });
  try {
    return await Promise.race([work(host.within(controller.signal)), late]);
  } catch (error) {
    throw controller.signal.aborted ? over : error;
  } finally {
    clearTimeout(timer);
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1).padStart(6)} s`;
}
