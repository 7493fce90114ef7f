/**
 * Loads all contenders in turn, window by window, so that what disturbs the machine disturbs each of them alike; and starts them anew
 * several times, because what V8 makes of one program differs from process to process by a tenth.
 */
import type { Contender } from './contenders.ts';
import type { Databases } from './databases.ts';
import { OPERATIONS, load } from './load.ts';
import type { Operation, Window } from './load.ts';
import { busySeconds } from './machine.ts';
import { freePort } from './port.ts';
import { LIST_PATH, LIVE_PATH } from './requests.ts';
import { Server } from './server.ts';
import { median } from './statistics.ts';

export interface Throughput {
  /** Medians over all windows. */
  readonly windows: ReadonlyMap<string, Readonly<Record<Operation, Window>>>;
  /** Peak resident megabytes, the most of all starts. */
  readonly memory: ReadonlyMap<string, number>;
  /** The part of the server's core that something else used, over all windows. */
  readonly foreignShare: number;
}

export interface Scale {
  /** What is measured; all kinds of request by default. */
  readonly operations?: readonly Operation[];
  /** How often each contender is started, with a database as it was. */
  readonly lives: number;
  /** Windows of each kind of request in a life. */
  readonly rounds: number;
  /** Length of a window. */
  readonly seconds: number;
  /** Seconds of each kind of request before the windows of a life. */
  readonly warmUp: number;
}

/** @param check called once for each set of servers, before the load */
export async function measureThroughput(
  contenders: readonly Contender[],
  databases: Databases,
  { operations = OPERATIONS, lives, rounds, seconds, warmUp }: Scale,
  say: (text: string) => void,
  check?: (servers: ReadonlyMap<string, Server>) => Promise<void>,
): Promise<Throughput> {
  const measured = new Map<string, Record<Operation, Window[]>>();
  const memory = new Map<string, number>();
  // Programs that only answer probes have no listing.
  const ready = operations.every((operation) => operation === 'live') ? LIVE_PATH : LIST_PATH;
  let busy = 0;
  let own = 0;
  for (let life = 1; life <= lives; life += 1) {
    const servers = new Map<string, Server>();
    try {
      for (const [index, contender] of contenders.entries()) {
        const port = await freePort();
        const program = contender.start(await databases.clone(`load_${index}`), port);
        const [server] = await Server.start(contender.name, program, port, ready);
        servers.set(contender.name, server);
      }
      await check?.(servers);
      for (const operation of operations) {
        for (const server of servers.values()) await load(server, operation, warmUp);
      }
      for (let round = 1; round <= rounds; round += 1) {
        say(`start ${life} of ${lives}, round ${round} of ${rounds}`);
        for (const operation of operations) {
          for (const [name, server] of servers) {
            const windows = measured.get(name) ?? { live: [], list: [], create: [] };
            measured.set(name, windows);
            const [busyBefore, ownBefore] = [busySeconds(), server.cpuSeconds()];
            windows[operation].push(await load(server, operation, seconds));
            busy += busySeconds() - busyBefore;
            own += server.cpuSeconds() - ownBefore;
          }
        }
      }
      for (const [name, server] of servers) memory.set(name, Math.max(memory.get(name) ?? 0, server.peakMegabytes()));
    } finally {
      await Promise.all([...servers.values()].map((server) => server.stop()));
    }
  }
  return {
    windows: new Map([...measured].map(([name, windows]) => [name, medians(windows)])),
    memory,
    foreignShare: 1 - own / busy,
  };
}

/** NaN where nothing was measured. */
function medians(windows: Record<Operation, Window[]>): Record<Operation, Window> {
  const of = (all: readonly Window[]): Window => ({
    perSecond: median(all.map(({ perSecond }) => perSecond)),
    median: median(all.map((window) => window.median)),
    p99: median(all.map(({ p99 }) => p99)),
    cpuMicroseconds: median(all.map(({ cpuMicroseconds }) => cpuMicroseconds)),
  });
  return { live: of(windows.live), list: of(windows.list), create: of(windows.create) };
}
