/** kill -9 of PostgreSQL under write load: no acknowledged write is lost or doubled, and the service comes back by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { killing } from '../kills.ts';
import type { Lab } from '../lab.ts';
import { WAYS_TO_DIE } from '../postgres.ts';
import type { Postgres } from '../postgres.ts';

/** How long the service may take to be ready again once the database takes connections, in milliseconds. */
const READY_MS = 10_000;

export async function killDatabase(lab: Lab): Promise<string> {
  const { counted, readyMs, answers } = await killing(lab, async ({ postgres, service }, round) => {
    const way = WAYS_TO_DIE[round % WAYS_TO_DIE.length] ?? 'all at once';
    await postgres.kill(way);
    if (way === 'a backend') await answering(postgres);
    else await postgres.start();
    return service.ready(READY_MS);
  });
  return `${WAYS_TO_DIE.join(', ')} in turn: ${counted}; ready again within ${readyMs} ms of the database; answers ${answers}`;
}

/** Until the postmaster has recovered by itself, which it begins a moment after the kill. */
async function answering(postgres: Postgres): Promise<void> {
  await sleep(100);
  for (let tries = 0; !(await postgres.answers()); tries += 1) {
    if (tries > 600) throw new Error('PostgreSQL did not recover');
    await sleep(50);
  }
}
