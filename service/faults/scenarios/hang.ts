/** PostgreSQL stopped in its tracks (SIGSTOP), with more requests than the pool and its queue hold: every answer comes in time, none is queued without bound. */
import { setTimeout as sleep } from 'node:timers/promises';
import { audit, noFailures } from '../audit.ts';
import { Client } from '../client.ts';
import type { Answer } from '../client.ts';
import { demand } from '../lab.ts';
import type { Lab } from '../lab.ts';
import { SERVICE, WriteLoad } from '../load.ts';
import { Postgres } from '../postgres.ts';
import { Service, secret } from '../service.ts';

const POOL = 4;
const QUEUE = 16;
const REQUESTS = 100;
const ROUNDS = 3;
// Of those that the queue cannot hold at least half have to be refused at once: on a busy machine the rest comes when the first have given up.
/** The time-outs below, and a second for a busy machine. */
const READINESS_MS = 500 + 1_000;
const ANSWER_MS = 700 + 1_000 + 1_000 + 1_000;
const RECOVERY_MS = 5_000;

export async function hang(lab: Lab): Promise<string> {
  const postgres = await Postgres.start(lab);
  const service = await Service.at(lab, postgres.url, {
    DATABASE_POOL_SIZE: String(POOL),
    DATABASE_QUEUE_SIZE: String(QUEUE),
    DATABASE_CONNECT_TIMEOUT_MS: '700',
    DATABASE_STATEMENT_TIMEOUT_MS: '1000',
    READINESS_TIMEOUT_MS: '500',
  });
  service.start();
  await service.ready();
  const client = new Client(service.port, secret);
  const load = new WriteLoad(lab, service.port, { writers: 4, pause: 25, patient: true });
  const slowest = { readiness: 0, liveness: 0, answer: 0, recovery: 0 };
  let refused = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    await sleep(500);
    postgres.freeze(true);
    const answers = Promise.all(
      Array.from({ length: REQUESTS }, () => client.send('GET', `/v1/services/${SERVICE}/releases?limit=1`)),
    );
    const readiness = await client.send('GET', '/health/ready');
    const liveness = await client.send('GET', '/health/live');
    demand(readiness.status === 503, `readiness was ${readiness.status} while PostgreSQL hung`);
    demand(liveness.status === 200, `liveness was ${liveness.status} while PostgreSQL hung`);
    slowest.readiness = Math.max(slowest.readiness, readiness.milliseconds);
    slowest.liveness = Math.max(slowest.liveness, liveness.milliseconds);
    for (const answer of await answers) {
      demand(isRefusal(answer), `${answer.status} instead of 503 with Retry-After: ${JSON.stringify(answer.body)}`);
      slowest.answer = Math.max(slowest.answer, answer.milliseconds);
    }
    refused += REQUESTS;
    postgres.freeze(false);
    slowest.recovery = Math.max(slowest.recovery, await service.ready(RECOVERY_MS));
  }
  await load.stop();
  client.close();
  noFailures(load);
  await audit(load, postgres);
  demand(slowest.readiness <= READINESS_MS, `readiness took ${slowest.readiness} ms`);
  demand(slowest.liveness <= READINESS_MS, `liveness took ${slowest.liveness} ms`);
  demand(slowest.answer <= ANSWER_MS, `a request took ${slowest.answer} ms`);
  demand(
    service.overflows >= (ROUNDS * (REQUESTS - POOL - QUEUE)) / 2,
    `only ${service.overflows} of ${refused} requests were refused because the queue was full: it has no bound`,
  );
  return (
    `${ROUNDS} stops, ${refused} requests at once in groups of ${REQUESTS} on ${POOL} connections and a queue of ${QUEUE}: ${refused} answers of 503 with Retry-After, ${service.overflows} (those of the load included) at once because the queue was full; ` +
    `slowest: answer ${Math.round(slowest.answer)} ms, readiness 503 ${Math.round(slowest.readiness)} ms, liveness 200 ${Math.round(slowest.liveness)} ms, ready after SIGCONT ${Math.round(slowest.recovery)} ms; ` +
    `${load.writes} acknowledged writes, 0 lost, 0 twice`
  );
}

/** Whether it is the answer that the service promises while its database cannot serve. */
export function isRefusal({ status, headers, body }: Answer): boolean {
  return (
    status === 503 &&
    headers['retry-after'] !== undefined &&
    (body as { type?: string } | undefined)?.type === '/docs#database-unavailable'
  );
}
