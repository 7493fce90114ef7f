/**
 * Cleans up after a scenario, however that ended: it is told what there is, a line each, and when the pipe closes it kills the
 * processes and removes the mounts and folders. A process of its own session, so that Ctrl-C and SIGKILL pass it by.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { familyOf, hasEnded, signalAll } from './processes.ts';

const pids = new Set<number>();
const mounts = new Set<string>();
const folders = new Set<string>();

for await (const line of createInterface({ input: process.stdin })) {
  const [word, value] = JSON.parse(line) as [string, string];
  if (word === 'process') pids.add(Number(value));
  // Its number may be another's by the end.
  else if (word === 'ended') pids.delete(Number(value));
  else if (word === 'mount') mounts.add(value);
  else if (word === 'folder') folders.add(value);
}

const family = [...pids].flatMap(familyOf);
signalAll(family, 'SIGKILL');
for (let tries = 0; tries < 100 && !family.every(hasEnded); tries += 1) await sleep(50);
// Lazily: a process that was on its way to the end may still hold it.
for (const mount of mounts) spawnSync('umount', ['--lazy', mount]);
for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
