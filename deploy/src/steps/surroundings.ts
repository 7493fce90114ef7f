/** observability: everything that is neither API, Nginx nor PostgreSQL follows the release, and never costs the release its success. */
import { join } from 'node:path';
import { mirror } from '../files.ts';
import type { Host, Model, Stack } from '../host.ts';
import { type Plan, stackAfter, stackBefore, warn } from '../plan.ts';
import { without } from '../settings.ts';
import type { Step } from '../transaction.ts';
import { ownFiles } from './stage.ts';

/** Services with steps of their own. */
const ofOthers = new Set(['api-blue', 'api-green', 'migrate', 'nginx', 'postgres']);

export const observability: Step<Host, Plan> = {
  name: 'observability',
  limit: 240,
  async do(host, plan) {
    try {
      return await follow(host, plan, stackAfter(host, plan));
    } catch (error) {
      // The API must be deployable while Loki's disk is full.
      warn(plan, `observability: ${(error as Error).message}`);
      return `WARNING: ${(error as Error).message}`;
    }
  },
  async undo(host, plan) {
    const stack = stackBefore(host, plan);
    if (stack) {
      await follow(host, plan, stack).catch(() => {});
      return;
    }
    const ids = (await host.docker.containers(host.project))
      .filter(({ labels }) => !ofOthers.has(labels['com.docker.compose.service'] ?? ''))
      .map(({ id }) => id);
    await host.docker.remove(...ids);
  },
};

async function follow(host: Host, plan: Plan, stack: Stack): Promise<string> {
  const files = mirror(host.releaseDirectory(stack.release.bundle), host.paths.stack, ownFiles);
  const model = await host.model(stack);
  const left = without(stack.settings);
  const services = Object.keys(model.services).filter((name) => !ofOthers.has(name) && !left.has(name));
  const reread = services.filter((name) =>
    readsOneOf(
      model,
      name,
      files.map((file) => join(host.paths.stack, file)),
    ),
  );
  const hashes = await host.hashes(stack);
  const containers = await host.docker.containers(host.project);
  const asItShould = new Set(
    containers
      .filter(({ running, labels }) => {
        const name = labels['com.docker.compose.service']!;
        return running && labels['com.docker.compose.config-hash'] === hashes.get(name) && !reread.includes(name);
      })
      .map(({ labels }) => labels['com.docker.compose.service']!),
  );
  const touched = services.filter((name) => !asItShould.has(name));
  const up = (...args: string[]) => host.compose(stack, 'up', '--detach', '--no-deps', '--pull', 'never', ...args);
  const again = touched.filter((name) => reread.includes(name));
  if (again.length > 0) await up('--force-recreate', ...again);
  const others = touched.filter((name) => !reread.includes(name));
  if (others.length > 0) await up(...others);
  if (files.some((file) => file.startsWith('compose/postgres/'))) await reloadDatabase(host, plan);
  // One that starts over and over looks well at first.
  if (touched.length > 0) await new Promise((resume) => setTimeout(resume, 2_000));
  const down = await notUp(host, services, touched);
  if (down.length > 0) throw new Error(`not up: ${down.join(', ')}`);
  return touched.length === 0 ? `${services.length} services run unchanged` : `started ${touched.join(', ')}`;
}

/** A file that a service reads at its start changed below one of its mounts. */
function readsOneOf(model: Model, service: string, files: string[]): boolean {
  const mounts = model.services[service]?.volumes?.flatMap(({ source }) => source ?? []) ?? [];
  return files.some((file) => mounts.some((mount) => file === mount || file.startsWith(`${mount}/`)));
}

async function reloadDatabase(host: Host, plan: Plan): Promise<void> {
  const postgres = await host.container('postgres');
  if (!postgres?.running) return;
  await host.docker.command('exec', postgres.name, 'psql', '-XqAt', '-U', 'postgres', '-c', 'SELECT pg_reload_conf()');
  warn(plan, 'the configuration of PostgreSQL changed and was read again; what needs a restart waits for one');
}

/** Those that do not run or fail their health check. A check that is still to come is none that failed. */
async function notUp(host: Host, services: string[], touched: string[]): Promise<string[]> {
  const containers = await host.docker.containers(host.project);
  return services.filter((name) => {
    const container = containers.find(({ labels }) => labels['com.docker.compose.service'] === name);
    const startsOver = container?.restarting || (touched.includes(name) && (container?.restarts ?? 0) > 0);
    return !container?.running || startsOver || container.health === 'unhealthy';
  });
}
