/** switch and bake: requests go to the new colour, and somebody watches. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Door, frontDoor, get, smoke, traffic, upstreamOf, worse } from '../front-door.ts';
import type { Host, Stack } from '../host.ts';
import { point } from '../nginx.ts';
import { type Plan, stackAfter, stackBefore, targetColour } from '../plan.ts';
import { digestOf, type Release } from '../release.ts';
import { eventually, Hopeless } from '../serving.ts';
import type { Step } from '../transaction.ts';

export const switchOver: Step<Host, Plan> = {
  name: 'switch',
  limit: 60,
  async do(host, plan) {
    const colour = targetColour(plan);
    plan.found.switchedAt = new Date().toISOString();
    const anew = plan.found.interrupted?.includes('nginx') ?? false;
    await point(host, plan.release, colour, () => up(host, stackAfter(host, plan)), anew);
    const door = frontDoor(plan.settings);
    // For a moment after a reload, Nginx's old workers accept connections beside the new ones.
    await eventually(host, 10, async () => {
      try {
        await answers(host, door, plan.release);
        await smoke(host, door, plan.release, { health: false });
      } catch (error) {
        throw (await whyNginxEnded(host)) ?? error;
      }
    });
    return `${door.origin} → api-${colour}`;
  },
  async undo(host, plan) {
    const stack = stackBefore(host, plan);
    if (!stack) {
      await host.docker.remove(...(await host.docker.containers(host.project, 'nginx')).map(({ id }) => id));
      rmSync(join(host.paths.upstream, 'active.conf'), { force: true });
      return;
    }
    const anew = plan.found.interrupted?.includes('nginx') ?? false;
    await point(host, stack.release, plan.before!.colour, () => up(host, stack), anew);
    // Where the old colour is gone, it is brought back when all steps are undone.
    if ((await host.container(`api-${plan.before!.colour}`))?.running) {
      await eventually(host, 30, () => answers(host, frontDoor(stack.settings), stack.release));
    }
  },
};

/** Made anew with a certificate that it cannot read, it only says so in its log. */
async function whyNginxEnded(host: Host): Promise<Hopeless | undefined> {
  const nginx = await host.container('nginx');
  if (nginx?.running && !nginx.restarting) return undefined;
  return new Hopeless(`Nginx ended: ${nginx ? await host.docker.lastLine(nginx.name) : 'no container'}`);
}

function up(host: Host, stack: Stack): Promise<unknown> {
  return host.compose(stack, 'up', '--detach', '--no-deps', '--pull', 'never', 'nginx');
}

/** That a new client is answered by this release: the reload takes a moment to reach all workers. */
async function answers(host: Host, door: Door, release: Release): Promise<void> {
  const { status, body } = await get(door, '/version', { signal: host.signal });
  if (status !== 200) throw new Error(`the front door answers ${status}: ${body.slice(0, 200)}`);
  const { imageDigest } = JSON.parse(body) as { imageDigest: string | null };
  if (imageDigest !== digestOf(release.image)) throw new Error(`the front door still answers with ${imageDigest}`);
}

export const bake: Step<Host, Plan> = {
  name: 'bake',
  limit: (plan) => plan.bake + 30,
  async do(host, plan) {
    if (!plan.found.swap || plan.bake === 0) return 'nothing to watch';
    const nginx = (await host.container('nginx'))!.name;
    const service = `api-${targetColour(plan)}`;
    const switched = Date.parse(plan.found.switchedAt!);
    const since = new Date(switched - Math.max(plan.bake, 30) * 1_000).toISOString();
    const old = plan.before && (await upstreamOf(host, plan.before.colour));
    const log = await host.docker.command('logs', '--since', since, '--until', plan.found.switchedAt!, nginx);
    const before = traffic(old ? log : '', old);
    const until = Date.now() + plan.bake * 1_000;
    for (;;) {
      await probe(host, frontDoor(plan.settings));
      const container = await host.container(service);
      if (!container?.running || container.restarts > 0) {
        throw new Error(`${service} ended: ${container ? await host.docker.lastLine(container.name) : 'no container'}`);
      }
      const after = traffic(await host.docker.logsSince(nginx, plan.found.switchedAt!));
      const reason = worse(before, after);
      if (reason) throw new Error(reason);
      if (Date.now() >= until)
        return `${after.requests} requests, ${after.errors} of them 5xx, 95 % within ${after.p95} ms`;
    }
  },
};

/** Four requests in a second, so that there is something to watch where no user is about. Their failures stand in Nginx's log. */
async function probe(host: Host, door: Door): Promise<void> {
  for (let i = 0; i < 4; i += 1) {
    await get(door, '/version', { signal: host.signal }).catch(() => {});
    await new Promise((resume) => setTimeout(resume, 250));
  }
}
