/** Where a release goes: a host behind SSH, or the Docker socket at hand. Imports nothing from Dagger. */
import { Mistake } from '../mistake.ts';

export type Target = { kind: 'ssh'; user: string; host: string; port: number } | { kind: 'local' };

/**
 * Reads ssh://USER@HOST[:PORT] or "local".
 * @throws Mistake where it is neither; nothing that could be taken for an option or a second word passes
 */
export function parseTarget(text: string): Target {
  if (text === 'local') return { kind: 'local' };
  const parts =
    /^ssh:\/\/([a-z_][a-z0-9_-]{0,31})@([A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?\/?$/.exec(
      text,
    );
  const port = Number(parts?.[3] ?? 22);
  if (!parts || port < 1 || port > 65_535) {
    throw new Mistake(`--target is "${text}": write ssh://USER@HOST, ssh://USER@HOST:PORT or local`);
  }
  return { kind: 'ssh', user: parts[1]!, host: parts[2]!.replace(/^\[|\]$/g, ''), port };
}

/** The three words that the client's script reads. */
export function targetWords(target: Target): string {
  return target.kind === 'local' ? '' : `${target.user} ${target.host} ${target.port}`;
}

/** Seconds of "15s", "2m" or "90". */
export function parseSeconds(text: string, name: string): number {
  const parts = /^([0-9]{1,5})(s|m)?$/.exec(text);
  if (!parts) throw new Mistake(`--${name} is "${text}": write seconds or minutes, such as 15s or 2m`);
  return Number(parts[1]) * (parts[2] === 'm' ? 60 : 1);
}

/** Whom the audit log names where nobody was named. */
export function actorOf(actor: string, target: string): string {
  if (actor) return actor;
  const parsed = parseTarget(target);
  return parsed.kind === 'local' ? 'whoever holds the Docker socket' : `whoever holds the key of ${parsed.user}`;
}
