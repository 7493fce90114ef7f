/** The frame of a scenario that kills something again and again under write load, and counts what of the acknowledged writes is left. */
import { setTimeout as sleep } from 'node:timers/promises';
import { audit, noFailures } from './audit.ts';
import { demand } from './lab.ts';
import type { Lab } from './lab.ts';
import { WriteLoad } from './load.ts';
import { Postgres } from './postgres.ts';
import { Service } from './service.ts';

const KILLS = 20;

/** Those that may be killed, and the load that runs meanwhile. */
export interface Victims {
  readonly postgres: Postgres;
  readonly service: Service;
  readonly load: WriteLoad;
}

/**
 * Kills 20 times.
 *
 * @param kill kills, brings back what it killed, and answers how many milliseconds the service took to be ready again
 * @returns what was counted, in words; `readyMs` is the longest that it took
 */
export async function killing(
  lab: Lab,
  kill: (victims: Victims, round: number) => Promise<number>,
): Promise<{ counted: string; readyMs: number; answers: string }> {
  const postgres = await Postgres.start(lab);
  const service = await Service.at(lab, postgres.url);
  service.start();
  await service.ready();
  const load = new WriteLoad(lab, service.port, { writers: 6, pause: 25, patient: true });
  let inFlight = 0;
  let slowest = 0;
  for (let round = 0; round < KILLS; round += 1) {
    const before = load.writes;
    await sleep(400 + Math.random() * 400);
    // On a busy machine the clients may take longer to find the service again.
    for (let tries = 0; load.writes === before && tries < 200; tries += 1) await sleep(50);
    if (load.inFlight > 0) inFlight += 1;
    demand(load.writes > before, `no write was acknowledged before kill ${round + 1}: there was no load`);
    slowest = Math.max(slowest, await kill({ postgres, service, load }, round));
    await audit(load, postgres);
  }
  await sleep(500);
  await load.stop();
  noFailures(load);
  await audit(load, postgres);
  return {
    counted: `${KILLS} kills, ${inFlight} with writes under way; ${load.writes} acknowledged writes, 0 lost, 0 twice`,
    readyMs: Math.round(slowest),
    answers: load.counts(),
  };
}
