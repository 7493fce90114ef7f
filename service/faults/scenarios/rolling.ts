/** Two instances behind Nginx are replaced one after the other, again and again, under load on kept connections: no request fails. */
import { setTimeout as sleep } from 'node:timers/promises';
import { audit, noFailures } from '../audit.ts';
import { demand } from '../lab.ts';
import type { Lab } from '../lab.ts';
import { WriteLoad } from '../load.ts';
import { FrontDoor } from '../nginx.ts';
import { Postgres } from '../postgres.ts';
import { Service } from '../service.ts';

const ROLLS = 5;
/** Milliseconds between two looks at an instance's readiness: well below DRAIN_MS, whose default is kept. */
const PROBE_MS = 250;

export async function rolling(lab: Lab): Promise<string> {
  const postgres = await Postgres.start(lab);
  const services = [await Service.at(lab, postgres.url), await Service.at(lab, postgres.url)] as const;
  for (const service of services) service.start();
  for (const service of services) await service.ready();
  const door = await FrontDoor.before(lab, [services[0].port, services[1].port]);
  for (const service of services) void probe(service, door, lab);
  // Nothing is repeated: what a client sees once, it saw.
  const load = new WriteLoad(lab, door.port, { writers: 8, pause: 15, patient: false });
  await sleep(1_000);
  for (let roll = 0; roll < ROLLS; roll += 1) {
    for (const service of services) {
      const exit = await service.end('SIGTERM');
      demand(exit === 0, `an instance ended with ${exit} on SIGTERM`);
      service.start();
      await service.ready();
      // Until the prober has seen it too: or none would be left while the other one goes.
      while (!door.uses(service.port)) await sleep(PROBE_MS);
      noFailures(load);
    }
  }
  await sleep(1_000);
  await load.stop();
  noFailures(load);
  await audit(load, postgres);
  const { size } = load.upstreams;
  demand(size === services.length, `requests reached ${size} of ${services.length} instances`);
  return (
    `${ROLLS} rolls, ${ROLLS * services.length} instances replaced; ${load.requests} requests, 0 failed, slowest ${Math.round(load.slowest)} ms; ` +
    `${load.writes} acknowledged writes, 0 lost, 0 twice; answers ${load.counts()}`
  );
}

/** Takes the instance out while it is not ready. */
async function probe(service: Service, door: FrontDoor, lab: Lab): Promise<void> {
  while (lab.open) {
    const ready = (await service.status('/health/ready')) === 200;
    if (lab.open) door.use(service.port, ready);
    await sleep(PROBE_MS);
  }
}
