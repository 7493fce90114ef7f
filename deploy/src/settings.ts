/** settings.env, the operator's own file on the host: ports, TLS, mirrors. What `deploy` decides is not in it. */
import { Mistake } from './mistake.ts';
import { type Colour, type Deployed, digestOf, type Release } from './release.ts';

export type Settings = Readonly<Record<string, string>>;

/** What `deploy` writes itself; in settings.env it would silently win or lose. */
const ours = /^(COMPOSE_PROFILES|SLUICE_(IMAGE|DIGEST)(_BLUE|_GREEN|_MIGRATE)?|SLUICE_UPSTREAM_DIRECTORY)$/;

/** Reads lines of NAME=VALUE. Throws a Mistake that names the line. */
export function parseSettings(text: string, file: string): Settings {
  const settings: Record<string, string> = {};
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const pair = /^([A-Z][A-Z0-9_]*)=([^'"`$\\]*)$/.exec(line);
    if (!pair) throw new Mistake(`${file}:${index + 1}: expected NAME=VALUE, without quotes, $ and backslashes`);
    if (ours.test(pair[1]!)) throw new Mistake(`${file}:${index + 1}: ${pair[1]} is written by deploy: take it out`);
    settings[pair[1]!] = pair[2]!;
  }
  return settings;
}

/** Services of the stack that this host does without, by SLUICE_WITHOUT=grafana,loki. */
export function without(settings: Settings): Set<string> {
  return new Set((settings['SLUICE_WITHOUT'] ?? '').split(',').filter(Boolean));
}

/** The Compose files of a release that this host uses, the overlays included; COMPOSE_FILE in settings.env names them as in .env. */
export function composeFiles(settings: Settings): string[] {
  const files = (settings['COMPOSE_FILE'] ?? 'compose.yaml').split(':');
  const strange = files.find((file) => !/^[A-Za-z0-9._-]+$/.test(file));
  if (strange !== undefined) throw new Mistake(`settings.env: COMPOSE_FILE names "${strange}": only files of compose/`);
  return files;
}

/** What runs in a colour. */
export interface Slot {
  release: Release;
  colour: Colour;
}

/**
 * The whole environment of Compose while `active` is or becomes the active colour and `other` stands by. The same function makes the
 * .env that stays, so that a plain `docker compose up -d` finds nothing to change.
 */
export function environment(
  settings: Settings,
  machine: { upstream: string; secrets: string; dockerGroup: number },
  active: Slot,
  other: Slot | undefined,
): Record<string, string> {
  const named = (slot: Slot) => ({
    [`SLUICE_IMAGE_${slot.colour.toUpperCase()}`]: slot.release.image,
    [`SLUICE_DIGEST_${slot.colour.toUpperCase()}`]: digestOf(slot.release.image),
  });
  return {
    SLUICE_SECRETS: machine.secrets,
    SLUICE_DOCKER_GID: String(machine.dockerGroup),
    ...settings,
    COMPOSE_PROFILES: active.colour,
    SLUICE_UPSTREAM_DIRECTORY: machine.upstream,
    SLUICE_IMAGE: active.release.image,
    SLUICE_DIGEST: digestOf(active.release.image),
    ...named(active),
    ...(other ? named(other) : {}),
  };
}

/** An environment as the text of an .env file. */
export function environmentText(variables: Readonly<Record<string, string>>): string {
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return `# Written by deploy; what is yours to change stands in settings.env.\n${lines.join('\n')}\n`;
}

/** What stands by beside the active colour: the newest of the history in the other colour. */
export function standby(history: readonly Deployed[], active: Colour): Deployed | undefined {
  return history.find(({ colour }) => colour !== active);
}
