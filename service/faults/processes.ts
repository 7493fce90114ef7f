/** Looks at processes and signals them through /proc, because PostgreSQL puts each of its own into a group of its own. */
import { readFileSync, readdirSync } from 'node:fs';

/** A process and all its descendants that live now, itself first. */
export function familyOf(pid: number): number[] {
  const family = [pid];
  for (let next = 0; next < family.length; next += 1) family.push(...childrenOf(family[next] ?? 0));
  return family;
}

/** Sends each of them a signal; those that are gone already are passed over. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Whether it has ended; one that only waits for its parent to take note has. */
export function hasEnded(pid: number): boolean {
  const stat = contentOf(`/proc/${pid}/stat`);
  return stat === '' || stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
}

/** How it was called, or calls itself since. */
export function titleOf(pid: number): string {
  return contentOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      contentOf(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
