/** Loads all contenders in turn, window by window, so that what disturbs the machine disturbs each of them alike. */
import type { Contender } from './contenders.ts';
import { LEDGER } from './contenders.ts';
import type { Databases } from './databases.ts';
import { OPERATIONS, load } from './load.ts';
import type { Operation, Window } from './load.ts';
import { busySeconds } from './machine.ts';
import { freePort } from './port.ts';
import { LIST_PATH, answersOf, assertAlike } from './requests.ts';
import { Server } from './server.ts';
import { median } from './statistics.ts';

export interface Throughput {
  /** Medians over the rounds. */
  readonly windows: ReadonlyMap<string, Readonly<Record<Operation, Window>>>;
  /** Peak resident megabytes. */
  readonly memory: ReadonlyMap<string, number>;
  /** The part of the server's core that something else used, over all windows. */
  readonly foreignShare: number;
}

export async function measureThroughput(
  contenders: readonly Contender[],
  databases: Databases,
  { rounds, seconds, warmUp }: { rounds: number; seconds: number; warmUp: number },
  say: (text: string) => void,
): Promise<Throughput> {
  const servers = new Map<string, Server>();
  const measured = new Map<string, Record<Operation, Window[]>>();
  let busy = 0;
  let own = 0;
  try {
    for (const [index, contender] of contenders.entries()) {
      const { name } = contender;
      const port = await freePort();
      const program = contender.start(await databases.clone(`load_${index}`), port);
      const [server] = await Server.start(name, program, port, LIST_PATH);
      servers.set(name, server);
      measured.set(name, { live: [], list: [], create: [] });
    }
    await checkAnswers(servers);
    for (const operation of OPERATIONS) {
      for (const server of servers.values()) await load(server, operation, warmUp);
    }
    for (let round = 1; round <= rounds; round += 1) {
      say(`round ${round} of ${rounds}`);
      for (const operation of OPERATIONS) {
        for (const [name, server] of servers) {
          const [busyBefore, ownBefore] = [busySeconds(), server.cpuSeconds()];
          measured.get(name)?.[operation].push(await load(server, operation, seconds));
          busy += busySeconds() - busyBefore;
          own += server.cpuSeconds() - ownBefore;
        }
      }
    }
    return {
      windows: new Map([...measured].map(([name, windows]) => [name, medians(windows)])),
      memory: new Map([...servers].map(([name, server]) => [name, server.peakMegabytes()])),
      foreignShare: 1 - own / busy,
    };
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
  }
}

async function checkAnswers(servers: ReadonlyMap<string, Server>): Promise<void> {
  let expected: Awaited<ReturnType<typeof answersOf>> | undefined;
  for (const [name, server] of servers) {
    const answers = await answersOf(server.url);
    if (name === LEDGER) expected = answers;
    else if (expected) assertAlike(name, answers, expected);
  }
}

function medians(windows: Record<Operation, Window[]>): Record<Operation, Window> {
  const of = (all: readonly Window[]): Window => ({
    perSecond: median(all.map(({ perSecond }) => perSecond)),
    median: median(all.map((window) => window.median)),
    p99: median(all.map(({ p99 }) => p99)),
    cpuMicroseconds: median(all.map(({ cpuMicroseconds }) => cpuMicroseconds)),
  });
  return { live: of(windows.live), list: of(windows.list), create: of(windows.create) };
}
