/** Puts one kind of request on one server for a few seconds, with wrk, and says what came of it. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { releaseFacts } from '../test/release-facts.ts';
import type { Server } from './server.ts';
import { CREATED, LIST_PATH, LIVE_PATH, SECRET } from './requests.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('wrk.lua', import.meta.url));

/** What is measured. */
export const OPERATIONS = ['live', 'list', 'create'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** One window of load. */
export interface Window {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly median: number;
  readonly p99: number;
  /** The server's processor time for one request, in microseconds: other work on the machine disturbs it far less than the throughput. */
  readonly cpuMicroseconds: number;
}

/** Keep-alive connections; more than the database pool has, so that its queue is part of the work. */
export const CONNECTIONS = 32;

/** @throws {Error} when any request failed: a fast error is no throughput. */
export async function load(server: Server, operation: Operation, seconds: number): Promise<Window> {
  const before = server.cpuSeconds();
  const { stdout } = await run(
    'wrk',
    [
      ...['--threads', '1', '--connections', String(CONNECTIONS), '--duration', `${seconds}s`, '--script', script],
      server.url + (operation === 'list' ? LIST_PATH : LIVE_PATH),
    ],
    { env: operation === 'create' ? { ...process.env, ...creating() } : process.env },
  );
  const cpu = server.cpuSeconds() - before;
  const { requests, microseconds, median, p99, refused, broken } = JSON.parse(
    stdout.trimEnd().split('\n').at(-1) ?? '',
  ) as Record<'requests' | 'microseconds' | 'median' | 'p99' | 'refused' | 'broken', number>;
  if (refused + broken > 0) {
    throw new Error(`${server.url} ${operation}: ${refused} requests were refused and ${broken} broke, of ${requests}`);
  }
  return {
    perSecond: requests / (microseconds / 1e6),
    median: median / 1_000,
    p99: p99 / 1_000,
    cpuMicroseconds: (cpu / requests) * 1e6,
  };
}

/** Settings for the script: wrk counts up the last 12 of a digest's 64 digits, the others are new for each window. */
function creating(): Record<string, string> {
  return {
    PATH_PREFIX: `/v1/services/${CREATED}/releases/sha256:${randomBytes(26).toString('hex')}`,
    BODY: JSON.stringify(releaseFacts()),
    SECRET,
  };
}
