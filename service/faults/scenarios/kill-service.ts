/** kill -9 of the service under write load: no acknowledged write is lost or doubled, and it goes on where it was once restarted. */
import { setTimeout as sleep } from 'node:timers/promises';
import { audit, noFailures } from '../audit.ts';
import { demand } from '../lab.ts';
import type { Lab } from '../lab.ts';
import { WriteLoad } from '../load.ts';
import { Postgres } from '../postgres.ts';
import { Service } from '../service.ts';

const KILLS = 20;

export async function killService(lab: Lab): Promise<string> {
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
    await service.end('SIGKILL');
    demand(load.writes > before, `no write was acknowledged before kill ${kill + 1}: there was no load`);
    // Before it is back: a write that only its memory knew is not there.
    await audit(load, postgres);
    service.start();
    slowest = Math.max(slowest, await service.ready());
  }
  await sleep(500);
  await load.stop();
  noFailures(load);
  await audit(load, postgres);
  return (
    `${KILLS} kills, ${inFlight} with writes under way; ${load.writes} acknowledged writes, 0 lost, 0 twice; ` +
    `ready within ${Math.round(slowest)} ms of the restart; answers ${load.counts()}`
  );
}
