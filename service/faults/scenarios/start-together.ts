/** Four instances that start at the same moment on an empty database: all become ready, and each migration is applied once. */
import { demand } from '../lab.ts';
import type { Lab } from '../lab.ts';
import { Postgres } from '../postgres.ts';
import { Service } from '../service.ts';

const INSTANCES = 4;
const ROUNDS = 5;

export async function startTogether(lab: Lab): Promise<string> {
  const postgres = await Postgres.start(lab);
  let migrations = 0;
  let slowest = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const name = `ledger_${round}`;
    await postgres.rows(`CREATE DATABASE ${name}`);
    const url = new URL(postgres.url);
    url.pathname = `/${name}`;
    const services: Service[] = [];
    // One after the other, or two would be given the same port.
    for (let count = 0; count < INSTANCES; count += 1) services.push(await Service.at(lab, url.href));
    for (const service of services) service.start();
    slowest = Math.max(slowest, ...(await Promise.all(services.map((service) => service.ready()))));
    const applied = await postgres.rows<{ name: string }>('SELECT name FROM migrations', name);
    const said = services.reduce((sum, service) => sum + service.migrations, 0);
    const names = new Set(applied.map((row) => row.name));
    demand(applied.length > 0, 'no migration was applied');
    demand(
      names.size === applied.length,
      `a migration is recorded twice: ${applied.map((row) => row.name).join(', ')}`,
    );
    demand(said === applied.length, `${said} migrations were applied, and there are ${applied.length}`);
    // A migration that failed on another's work and was tried again would have been applied once too, by luck.
    const errors = services.flatMap((service) => service.errors);
    demand(errors.length === 0, `an instance failed on its way:\n${errors.join('\n')}`);
    for (const exit of await Promise.all(services.map((service) => service.end('SIGTERM')))) {
      demand(exit === 0, `an instance ended with ${exit} on SIGTERM`);
    }
    migrations = applied.length;
  }
  return `${ROUNDS} empty databases, ${INSTANCES} instances each: ${ROUNDS * INSTANCES} ready, slowest after ${Math.round(slowest)} ms; ${migrations} migrations applied once each, 0 errors`;
}
