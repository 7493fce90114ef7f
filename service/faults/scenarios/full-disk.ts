/** PostgreSQL's disk is full, first for its tables, then for its log as well, which ends the server: refusals in time, nothing lost, well again with space. */
import { spawnSync } from 'node:child_process';
import { chownSync, closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { audit, noFailures } from '../audit.ts';
import { Client } from '../client.ts';
import type { Answer } from '../client.ts';
import { Skipped, demand } from '../lab.ts';
import type { Lab } from '../lab.ts';
import { releaseFacts } from '../../test/release-facts.ts';
import { WriteLoad, digestOf } from '../load.ts';
import { Postgres } from '../postgres.ts';
import { Service, secret } from '../service.ts';
import { isRefusal } from './hang.ts';

/** Room for a new cluster (40 MB), its log (16 MB a segment) and some rows. */
const DISK_MB = 96;
const READINESS_MS = 2_000 + 1_000;
const RECOVERY_MS = 10_000;
/** How many refused writes are looked at. */
const REFUSALS = 50;
/** A page of rows that are in the way of the first refusal, many times over. */
const WRITES = 3_000;

export async function fullDisk(lab: Lab): Promise<string> {
  const disk = mountDisk(lab);
  const postgres = await Postgres.start(lab, disk);
  const service = await Service.at(lab, postgres.url);
  service.start();
  await service.ready();
  const client = new Client(service.port, secret);
  const load = new WriteLoad(lab, service.port, { writers: 4, pause: 25, patient: true });
  await sleep(1_000);

  const ballast = join(disk, 'ballast');
  fill(ballast);
  const refusals = await refused(client);
  const first = await during('with full tables', client);
  rmSync(ballast);
  const recovered = await service.ready(RECOVERY_MS);
  await acknowledging(load);
  await audit(load, postgres);

  fill(ballast);
  // The next write is the first in a new segment of the log, for which there is no room: PostgreSQL panics, and cannot recover.
  await postgres.rows('SELECT pg_switch_wal()').catch(() => undefined);
  await refused(client);
  demand(await postgres.endsWithin(30_000), 'PostgreSQL lives on with a full log: the disk was not full');
  const second = await during('with a full log', client);
  rmSync(ballast);
  await postgres.start();
  const restarted = await service.ready(RECOVERY_MS);
  await acknowledging(load);
  await load.stop();
  client.close();
  noFailures(load);
  await audit(load, postgres);
  return (
    `tables full: ${refusals} of ${refusals} writes 503 with Retry-After, readiness 503 in ${first} ms, liveness 200, ready ${Math.round(recovered)} ms after there was space; ` +
    `log full: PostgreSQL ended, writes 503 with Retry-After, readiness 503 in ${second} ms, liveness 200, ready ${Math.round(restarted)} ms after its restart; ` +
    `${load.writes} acknowledged writes, 0 lost, 0 twice; answers ${load.counts()}`
  );
}

/** A small disk of memory, which PostgreSQL's user owns. */
function mountDisk(lab: Lab): string {
  if (process.getuid?.() !== 0) throw new Skipped('only root may mount the small disk that is filled');
  const disk = join(lab.folder, 'disk');
  mkdirSync(disk);
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'ledger-faults', disk], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Skipped(`the small disk that is filled cannot be mounted: ${stderr.trim()}`);
  lab.mounted(disk);
  chownSync(disk, 65534, 65534);
  return disk;
}

/** Writes until there is no byte left. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (let size = 1 << 20; size >= 1;) {
      try {
        writeSync(file, Buffer.alloc(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        size >>= 1;
      }
    }
  } finally {
    closeSync(file);
  }
}

/** Writes until the first refusal, and on: each one after it has to be refused in the promised way. Gives their number. */
async function refused(client: Client): Promise<number> {
  let count = 0;
  for (let write = 0; write < WRITES && count < REFUSALS; write += 1) {
    const version = `full.${Date.now()}.${write}`;
    // A service of its own, so that the audit need not know of these.
    const answer: Answer = await client.send(
      'PUT',
      `/v1/services/full/releases/${digestOf(version)}`,
      releaseFacts({ version }),
    );
    if (answer.status === 201) continue;
    demand(isRefusal(answer), `${answer.status} instead of 503 with Retry-After: ${JSON.stringify(answer.body)}`);
    count += 1;
  }
  demand(count === REFUSALS, `only ${count} of ${WRITES} writes were refused on a full disk`);
  return count;
}

/** Milliseconds that readiness took to say 503. */
async function during(when: string, client: Client): Promise<number> {
  const readiness = await client.send('GET', '/health/ready');
  const liveness = await client.send('GET', '/health/live');
  demand(liveness.status === 200, `liveness was ${liveness.status} ${when}`);
  demand(readiness.status === 503, `readiness was ${readiness.status} ${when}`);
  demand(readiness.milliseconds <= READINESS_MS, `readiness took ${readiness.milliseconds} ms ${when}`);
  return Math.round(readiness.milliseconds);
}

/** Until writes are acknowledged again. */
async function acknowledging(load: WriteLoad): Promise<void> {
  const before = load.writes;
  for (let tries = 0; load.writes < before + 10; tries += 1) {
    demand(tries < 200, 'writes were not acknowledged again within 10 s of space');
    await sleep(50);
  }
}
