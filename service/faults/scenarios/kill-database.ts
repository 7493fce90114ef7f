/** kill -9 of PostgreSQL under write load: no acknowledged write is lost or doubled, and the service comes back by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { audit, noFailures } from '../audit.ts';
import { demand } from '../lab.ts';
import type { Lab } from '../lab.ts';
import { WriteLoad } from '../load.ts';
import { Postgres, WAYS_TO_DIE } from '../postgres.ts';
import { Service } from '../service.ts';

const KILLS = 20;
/** How long the service may take to be ready again once the database takes connections, in milliseconds. */
const READY_MS = 10_000;

export async function killDatabase(lab: Lab): Promise<string> {
  const postgres = await Postgres.start(lab);
  const service = await Service.at(lab, postgres.url);
  service.start();
  await service.ready();
  const load = new WriteLoad(lab, service.port, { writers: 6, pause: 25, patient: true });
  let inFlight = 0;
  let slowest = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = load.writes;
    await sleep(400 + Math.random() * 400);
    if (load.inFlight > 0) inFlight += 1;
    const way = WAYS_TO_DIE[kill % WAYS_TO_DIE.length] ?? 'all at once';
    await postgres.kill(way);
    if (way === 'a backend') await answering(postgres);
    else await postgres.start();
    slowest = Math.max(slowest, await service.ready(READY_MS));
    demand(load.writes > before, `no write was acknowledged before kill ${kill + 1}: there was no load`);
    await audit(load, postgres);
  }
  await sleep(500);
  await load.stop();
  noFailures(load);
  await audit(load, postgres);
  return (
    `${KILLS} kills (${WAYS_TO_DIE.join(', ')} in turn), ${inFlight} with writes under way; ` +
    `${load.writes} acknowledged writes, 0 lost, 0 twice; ready again within ${Math.round(slowest)} ms of the database; answers ${load.counts()}`
  );
}

/** Until the postmaster has recovered by itself, which it begins a moment after the kill. */
async function answering(postgres: Postgres): Promise<void> {
  await sleep(100);
  for (let tries = 0; !(await postgres.answers()); tries += 1) {
    if (tries > 600) throw new Error('PostgreSQL did not recover');
    await sleep(50);
  }
}
