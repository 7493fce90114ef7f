/** database, backup, migrate: the data are there, saved, and in the shape that the new version needs. */
import type { Host } from '../host.ts';
import { CommandFailed } from '../command.ts';
import { type Plan, stackAfter, stackBefore } from '../plan.ts';
import { eventually, Hopeless } from '../serving.ts';
import type { Step } from '../transaction.ts';

export const database: Step<Host, Plan> = {
  name: 'database',
  limit: 120,
  async do(host, plan) {
    const known = await host.container('postgres');
    if (known?.running && known.health === 'healthy' && !plan.found.interrupted?.includes('postgres')) return 'runs';
    await host.compose(stackAfter(host, plan), 'up', '--detach', '--no-deps', '--pull', 'never', 'postgres');
    await eventually(host, 110, async () => {
      const postgres = await host.container('postgres');
      if (!postgres || (!postgres.running && !postgres.restarting)) {
        throw new Hopeless(
          `PostgreSQL ended: ${postgres ? await host.docker.lastLine(postgres.name) : 'no container'}`,
        );
      }
      if (postgres.health !== 'healthy') throw new Error(`PostgreSQL is ${postgres.health ?? 'not healthy'}`);
    });
    return known ? 'started again' : 'started';
  },
  async undo(host, plan) {
    const stack = stackBefore(host, plan);
    // The volume stays, and with it the data.
    if (!stack)
      return host.docker.remove(...(await host.docker.containers(host.project, 'postgres')).map(({ id }) => id));
    if (plan.found.interrupted?.includes('postgres')) {
      await host.compose(stack, 'up', '--detach', '--no-deps', '--wait', '--pull', 'never', 'postgres');
    }
  },
};

export const backup: Step<Host, Plan> = {
  name: 'backup',
  limit: 1_800,
  async do(host, plan) {
    if (!plan.before) return 'nothing to save yet';
    const nightly = await host.container('backup');
    if (nightly?.running) {
      return lastMessage(await host.docker.command('exec', nightly.name, 'bash', '/etc/postgresql/backup.sh', 'once'));
    }
    const job = jobName(host, plan, 'backup');
    return lastMessage(
      await host.compose(
        stackBefore(host, plan)!,
        'run',
        '--rm',
        '--no-deps',
        '--no-TTY',
        '--name',
        job,
        'backup',
        'once',
      ),
    );
  },
  undo: (host, plan) => removeJob(host, plan, 'backup'),
};

export const migrate: Step<Host, Plan> = {
  name: 'migrate',
  limit: (plan) => plan.migrate,
  async do(host, plan) {
    const job = jobName(host, plan, 'migrate');
    let text: string;
    try {
      const stack = stackAfter(host, plan);
      text = await host.compose(
        stack,
        'run',
        '--rm',
        '--no-deps',
        '--no-TTY',
        '--pull',
        'never',
        '--name',
        job,
        'migrate',
      );
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      throw new Error(lastMessage(error.outcome.stdout) ?? error.message, { cause: error });
    }
    const applied = records(text).flatMap((record) =>
      Array.isArray(record['applied']) ? (record['applied'] as string[]) : [],
    );
    plan.found.migrations = applied;
    return applied.length === 0 ? 'none was pending' : `applied ${applied.join(', ')}`;
  },
  // What a migration changed stays: each is a transaction of its own, and works with the version before (expand, deploy, contract).
  undo: (host, plan) => removeJob(host, plan, 'migrate'),
};

function jobName(host: Host, plan: Plan, job: string): string {
  return `${host.project}-${job}-${plan.id}`;
}

/** The client of a job may be gone while its container still works; without it PostgreSQL takes the transaction back. */
async function removeJob(host: Host, plan: Plan, job: string): Promise<void> {
  const known = await host.docker.inspect(jobName(host, plan, job));
  await host.docker.remove(...known.map(({ id }) => id));
}

/** The lines of a log that are JSON objects. */
function records(log: string): Record<string, unknown>[] {
  return log.split('\n').flatMap((line) => {
    try {
      return line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : [];
    } catch {
      return [];
    }
  });
}

/** What a job said last, with the reason where it was an error. */
function lastMessage(log: string): string | undefined {
  const last = records(log).at(-1);
  if (typeof last?.['message'] !== 'string') return undefined;
  const error = last['error'] as { message?: string } | undefined;
  return error?.message ? `${last['message']}: ${error.message}` : last['message'];
}
