/** start and drain: the idle colour comes up beside the active one; when the switch has proved good, the old one ends. */
import { colourDoor, get, smoke } from '../front-door.ts';
import type { Host } from '../host.ts';
import { type Plan, stackAfter, stackBefore, targetColour } from '../plan.ts';
import { type Colour, otherColour } from '../release.ts';
import { eventually, Hopeless } from '../serving.ts';
import type { Step } from '../transaction.ts';

export const start: Step<Host, Plan> = {
  name: 'start',
  limit: 330,
  async do(host, plan) {
    if (plan.before && !plan.found.swap) return 'runs already';
    const colour = targetColour(plan);
    await host.compose(stackAfter(host, plan), 'up', '--detach', '--no-deps', '--pull', 'never', `api-${colour}`);
    await untilReady(host, colour, Number(host.settings['SLUICE_READY_SECONDS'] ?? 75));
    await smoke(host, await colourDoor(host, colour), plan.release, { health: true });
    return `api-${colour} is ready`;
  },
  async undo(host, plan) {
    if (plan.before && !plan.found.swap) return;
    const colour = targetColour(plan);
    await host.docker.remove(...(await host.docker.containers(host.project, `api-${colour}`)).map(({ id }) => id));
    // What stood by there for a rollback stands by again, if its image is still here.
    const stack = stackBefore(host, plan);
    if (stack && plan.standby?.colour === colour && (await host.docker.imageId(plan.standby.release.image))) {
      await host.compose(stack, 'up', '--no-start', '--no-deps', '--pull', 'never', `api-${colour}`);
    }
  },
};

/** Waits until a colour says that it is ready. One that ends or starts over will not get there. */
export async function untilReady(host: Host, colour: Colour, seconds: number): Promise<void> {
  const service = `api-${colour}`;
  await eventually(host, seconds, async () => {
    let reason: string;
    try {
      const { status, body } = await get(await colourDoor(host, colour), '/health/ready', {
        seconds: 3,
        signal: host.signal,
      });
      if (status === 200) return;
      reason = `/health/ready answers ${status}: ${body.slice(0, 300)}`;
    } catch (error) {
      reason = (error as Error).message;
    }
    const container = await host.container(service);
    if (!container?.running || container.restarts > 0) {
      throw new Hopeless(
        `${service} ended: ${container ? await host.docker.lastLine(container.name) : 'no container'}`,
      );
    }
    throw new Error(`${service} was not ready in ${seconds} s: ${reason}`);
  });
}

export const drain: Step<Host, Plan> = {
  name: 'drain',
  limit: 90,
  async do(host, plan) {
    if (!plan.before || !plan.found.swap) return 'nothing to stop';
    await untilWorkersEnd(host, 40);
    const old = await host.container(`api-${otherColour(targetColour(plan))}`);
    if (!old?.running) return 'the old colour had ended before';
    // SIGTERM, and the time that compose.yaml gives it; it stays as it is for a rollback.
    await host.docker.command('stop', old.name);
    return `${old.name} stopped, kept for a rollback`;
  },
  async undo(host, plan) {
    const stack = stackBefore(host, plan);
    if (!stack || !plan.found.swap) return;
    await host.compose(stack, 'up', '--detach', '--no-deps', '--pull', 'never', `api-${plan.before!.colour}`);
    await untilReady(host, plan.before!.colour, 60);
  },
};

/** After a reload, Nginx's old workers answer on the connections they have; they still know the old colour. */
async function untilWorkersEnd(host: Host, seconds: number): Promise<void> {
  const nginx = await host.container('nginx');
  if (!nginx?.running) return;
  const deadline = Date.now() + seconds * 1_000;
  while (Date.now() < deadline) {
    const processes = await host.docker.command('top', nginx.name);
    if (!processes.includes('worker process is shutting down')) return;
    await new Promise((resume) => setTimeout(resume, 250));
  }
}
