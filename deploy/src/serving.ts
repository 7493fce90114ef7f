/** The proof: which version answers behind the front door, by the digest of its container's image, not by what a file says. */
import { join } from 'node:path';
import { readIfThere, writeDurably } from './durable.ts';
import { frontDoor, get } from './front-door.ts';
import type { Host } from './host.ts';
import { type Colour, digestOf, otherColour, type Release, short } from './release.ts';
import type { Settings } from './settings.ts';

/** Throws what is not as it should be. Without a release: that nothing of the stack serves. */
export async function proveServing(
  host: Host,
  serving: { release: Release; colour: Colour; settings: Settings } | undefined,
): Promise<void> {
  const nginx = await host.container('nginx');
  if (!serving) {
    const running = [nginx, await host.container('api-blue'), await host.container('api-green')].filter(
      (each) => each?.running,
    );
    if (running.length > 0) throw new Error(`still running: ${running.map((each) => each!.name).join(', ')}`);
    return;
  }
  const { release, colour } = serving;
  if (!nginx?.running) throw new Error('Nginx does not run');
  const seen = await host.docker.command('exec', nginx.name, 'cat', '/etc/sluice/upstream/active.conf');
  if (seen !== upstreamText(colour)) throw new Error(`Nginx sees the upstream "${seen.trim()}", not ${colour}`);
  const api = await host.container(`api-${colour}`);
  if (!api?.running) throw new Error(`api-${colour} does not run`);
  const expected = await host.docker.imageId(release.image);
  if (!expected) throw new Error(`the image ${release.image} is not on the host`);
  if (api.imageId !== expected) throw new Error(`api-${colour} runs another image than ${short(release.image)}`);
  const { status, body } = await get(frontDoor(serving.settings), '/version', { signal: host.signal });
  if (status !== 200) throw new Error(`the front door answers ${status}`);
  const said = (JSON.parse(body) as { imageDigest: string | null }).imageDigest;
  if (said !== digestOf(release.image)) throw new Error(`the front door says ${said}, not ${digestOf(release.image)}`);
}

/** The idle colour must stand still, or it holds connections and memory of a version that nobody sees. */
export async function proveIdle(host: Host, active: Colour): Promise<void> {
  const idle = await host.container(`api-${otherColour(active)}`);
  if (idle?.running) throw new Error(`api-${otherColour(active)} still runs`);
}

export function upstreamText(colour: Colour): string {
  return `server api-${colour}:3000;\n`;
}

/** Tells Nginx's next reload which colour is the active one. Readable for Nginx's user. */
export function writeUpstream(host: Host, colour: Colour): void {
  const path = join(host.paths.upstream, 'active.conf');
  if (readIfThere(path) !== upstreamText(colour)) writeDurably(path, upstreamText(colour), 0o644);
}

/** Asks again until it holds or the step's time is over; the last reason is the one that is told. */
export async function eventually<T>(host: Host, seconds: number, ask: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() >= deadline || host.signal?.aborted || error instanceof Hopeless) throw error;
    }
    await new Promise((resume) => setTimeout(resume, 100));
  }
}

/** Something that waiting does not mend. */
export class Hopeless extends Error {
  override name = 'Hopeless';
}
