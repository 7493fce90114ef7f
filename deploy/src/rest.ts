/** The host at rest: the recorded version's containers run, and Nginx sends requests to it. */
import type { Host } from './host.ts';
import { point } from './nginx.ts';
import type { Deployed } from './release.ts';
import { eventually, proveServing } from './serving.ts';
import { standby, without } from './settings.ts';

/** Starts what should run and does not; changes nothing of what does. Throws where it cannot be proved to serve then. */
export async function bringBack(
  host: Host,
  serving: Deployed,
  history: readonly Deployed[],
  seconds: number,
): Promise<void> {
  const stack = host.stack(serving.settings, serving, standby(history, serving.colour));
  const up = (...services: string[]) =>
    host.compose(stack, 'up', '--detach', '--no-deps', '--pull', 'never', ...services);
  await up('postgres');
  await up(`api-${serving.colour}`);
  await point(host, serving.release, serving.colour, () => up('nginx'));
  await eventually(host, seconds, () => proveServing(host, serving));
}

/** The rest of the stack: none of it is needed to serve. */
export async function bringBackObservability(host: Host, serving: Deployed): Promise<void> {
  const stack = host.stack(serving.settings, serving, undefined);
  const left = without(serving.settings);
  const { services } = await host.model(stack);
  const others = Object.keys(services).filter(
    (name) => !/^(api-|migrate$|nginx$|postgres$)/.test(name) && !left.has(name),
  );
  if (others.length === 0) return;
  await host
    .compose(stack, 'up', '--detach', '--no-deps', '--no-recreate', '--pull', 'never', ...others)
    .catch((error: Error) => host.say(`observability: ${error.message}`));
}
