/** What the caller wants, as it comes over standard input: one line of JSON, then a registry's password if there is one. */
import { Mistake } from './mistake.ts';
import type { Credentials } from './registry.ts';
import type { Release } from './release.ts';

interface Common {
  /** Who wants it; stands in the lock, the record and the audit log. */
  actor: string;
  json: boolean;
}

interface Changing extends Common {
  environment: string;
  /** Seconds to wait for somebody else's work to end. */
  wait: number;
  breakLock: boolean;
  dryRun: boolean;
}

export interface DeployRequest extends Changing {
  action: 'deploy';
  release: Release;
  bake: number;
  migrate: number;
  interrupt: boolean;
  registryUsername?: string;
}

export interface RollbackRequest extends Changing {
  action: 'rollback';
  /** Digest of the image to go back to; absent for the one before. */
  to?: string;
  bake: number;
  /** Also across a migration that took something away. */
  force: boolean;
}

export interface StatusRequest extends Common {
  action: 'status';
}

export interface PruneRequest extends Changing {
  action: 'prune';
  /** Releases to keep beside the current one. */
  keep: number;
}

/** Brings the host to rest: what a crash left is undone or finished, and the stack is up. What systemd runs after a reboot. */
export interface MendRequest extends Changing {
  action: 'mend';
}

export interface SetupRequest extends Changing {
  action: 'setup';
  /** The text of settings.env; absent to keep what is there. */
  settings?: string;
}

export type Request = SetupRequest | DeployRequest | RollbackRequest | StatusRequest | PruneRequest | MendRequest;

const digest = /^sha256:[0-9a-f]{64}$/;
const patterns: Record<string, RegExp> = {
  actor: /^[^\p{Cc}]{1,128}$/u,
  environment: /^[a-z0-9][a-z0-9._-]{0,62}$/,
  'release.image': /^[a-z0-9][A-Za-z0-9._:/-]*@sha256:[0-9a-f]{64}$/,
  'release.bundle': digest,
  'release.commit': /^([0-9a-f]{40}|[0-9a-f]{64})$/,
  'release.verdict': /^[0-9a-f]{64}$/,
  'release.policy': /^[0-9a-f]{64}$/,
  to: digest,
};

/** What systemd asks for after a reboot, when there is no caller. */
export function mendRequest(actor: string, wait: number): MendRequest {
  return { action: 'mend', actor, environment: 'unknown', json: false, wait, breakLock: false, dryRun: false };
}

/** Reads a request. Throws a Mistake that names the part that is wrong. */
export function parseRequest(input: string): { request: Request; credentials?: Credentials } {
  const end = input.indexOf('\n');
  const line = end < 0 ? input : input.slice(0, end);
  const password = end < 0 ? '' : input.slice(end + 1).replace(/\n$/, '');
  let request: Request;
  try {
    request = JSON.parse(line) as Request;
  } catch {
    throw new Mistake('expected a request, one line of JSON, on standard input');
  }
  if (!['deploy', 'rollback', 'status', 'prune', 'mend', 'setup'].includes(request.action)) {
    throw new Mistake(`"${String(request.action)}" is no action`);
  }
  for (const [path, pattern] of Object.entries(patterns)) {
    const value = path
      .split('.')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], request);
    const optional = path === 'to' || (path.startsWith('release') && request.action !== 'deploy');
    if (value === undefined && (optional || (path === 'environment' && request.action === 'status'))) continue;
    if (typeof value !== 'string' || !pattern.test(value)) {
      throw new Mistake(`${path} is ${JSON.stringify(value)}, which does not match ${pattern.source}`);
    }
  }
  for (const [name, most] of [
    ['bake', 3_600],
    ['migrate', 86_400],
    ['wait', 3_600],
    ['keep', 1_000],
  ] as const) {
    const value = (request as unknown as Record<string, unknown>)[name];
    if (value === undefined) continue;
    if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > most) {
      throw new Mistake(`${name} is ${JSON.stringify(value)}: a whole number from 0 to ${most}`);
    }
  }
  const username = request.action === 'deploy' ? request.registryUsername : undefined;
  return username && password ? { request, credentials: { username, password } } : { request };
}
