/**
 * The host's lock, the only one there is. The kernel keeps it (flock), so that it goes with its holder, however that ends; a file beside
 * it says who holds it, since when, for what. A file alone would have to be taken over when it is stale, which two can do at once.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Docker } from './docker.ts';
import { readIfThere, removeDurably, writeDurably } from './durable.ts';
import { Mistake } from './mistake.ts';

export interface Holder {
  actor: string;
  what: string;
  /** RFC 3339. */
  since: string;
  /** Name of the container that works; while it runs, the lock is alive. */
  supervisor: string;
}

export interface Noted extends Holder {
  /** `stale`: the container that held it is gone or stands still; whoever comes next takes it and mends what it left. */
  state: 'held' | 'stale';
}

/** Who has noted that he holds the lock; undefined where nobody did. */
export async function noted(path: string, docker: Docker): Promise<Noted | undefined> {
  const holder = holderOf(path);
  if (!holder) return undefined;
  const [container] = await docker.inspect(holder.supervisor);
  return { ...holder, state: container && (container.running || container.restarting) ? 'held' : 'stale' };
}

/** The note, whether or not it still holds. One that cannot be read is nobody's. */
export function holderOf(path: string): Holder | undefined {
  const text = readIfThere(noteOf(path));
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return { actor: 'somebody', what: 'unreadable', since: 'unknown', supervisor: 'unknown' };
  }
}

export interface Wish extends Holder {
  path: string;
  /** Seconds to wait for another's work to end. */
  wait: number;
  /** End another's work, should it hang: its container is killed, and what it began is undone. */
  breakLock: boolean;
}

export interface Lock {
  /** Whose note lay there although he no longer holds it: he did not come to his end. */
  left?: Holder;
  /** Gives it back. */
  release(): void;
}

/** Takes the lock. Throws a Mistake that names who holds it. */
export async function takeLock(wish: Wish, docker: Docker, say: (line: string) => void): Promise<Lock> {
  const { path, wait, breakLock, ...holder } = wish;
  let held = await flock(path, 0);
  if (!held && breakLock) {
    const other = holderOf(path);
    say(`ending the ${other?.what} of ${other?.actor}`);
    if (other) await docker.command('kill', other.supervisor).catch((error: Error) => say(error.message));
    held = await flock(path, 10);
  }
  if (!held) {
    const other = holderOf(path);
    const who = `${other?.actor ?? 'somebody'} has held the host since ${other?.since ?? 'just now'} (${other?.what ?? 'unknown'})`;
    if (wait > 0) say(`waiting: ${who}`);
    if (wait > 0) held = await flock(path, wait);
    if (!held) throw new Mistake(`${who}: try again later, give --wait SECONDS, or --break-lock if it hangs`);
  }
  const left = holderOf(path);
  writeDurably(noteOf(path), JSON.stringify(holder));
  return {
    ...(left ? { left } : {}),
    release() {
      removeDurably(noteOf(path));
      held();
    },
  };
}

function noteOf(path: string): string {
  return `${path}.json`;
}

/** A child that holds the lock for as long as its standard input is open, which is as long as this process lives. Undefined where another has it. */
async function flock(path: string, seconds: number): Promise<(() => void) | undefined> {
  mkdirSync(dirname(path), { recursive: true });
  const child = spawn('flock', ['--exclusive', '--timeout', String(seconds), path, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const held = await new Promise<boolean>((done, fail) => {
    child.on('error', fail);
    child.stdout.once('data', () => done(true));
    child.on('close', () => done(false));
  });
  if (!held) return undefined;
  return () => child.stdin.end();
}
