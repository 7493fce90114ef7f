/** Turns what was measured into the section of docs/performance.md. */
import { LEDGER, YARDSTICK } from './contenders.ts';
import { CONNECTIONS, OPERATIONS } from './load.ts';
import type { Window } from './load.ts';
import { machine } from './machine.ts';
import type { Paging } from './paging.ts';
import { table } from './table.ts';
import type { Scale, Throughput } from './throughput.ts';

export interface Measured {
  readonly scale: Scale & { readonly starts: number };
  readonly skipped: readonly string[];
  /** The machine's load average before anything was started. */
  readonly loadBefore: number;
  readonly names: readonly string[];
  readonly starts: ReadonlyMap<string, number>;
  readonly throughput: Throughput;
  readonly paging: Paging;
  readonly memory: number;
  readonly bundleMegabytes: number;
  readonly image: number | undefined;
}

/** Up to this part of the server's core used by others, absolute figures mean something. */
const QUIET = 0.1;

const FASTAPI = 'FastAPI + asyncpg (uvicorn)';
const FLASK = 'Flask + gunicorn';

export function report(measured: Measured): string {
  const { scale, throughput, names, starts } = measured;
  const quiet = throughput.foreignShare <= QUIET;
  const windows = (name: string) => throughput.windows.get(name)!;
  const ratio = (name: string, operation: (typeof OPERATIONS)[number], to: string, what: keyof Window = 'perSecond') =>
    windows(name)[operation][what] / windows(to)[operation][what];

  const lines = names.map((name) => [
    name,
    ...OPERATIONS.map((operation) => {
      const { perSecond } = windows(name)[operation];
      const relative = ratio(name, operation, YARDSTICK).toFixed(2);
      return quiet ? `${Math.round(perSecond)} (${relative})` : relative;
    }),
    OPERATIONS.map((operation) => windows(name)[operation].cpuMicroseconds.toFixed(0)).join(' / '),
    starts.get(name)!.toFixed(0),
    throughput.memory.get(name)!.toFixed(0),
  ]);

  const goals: [string, string, number, (value: number) => boolean, string][] = OPERATIONS.map((operation) => [
    `${operation}: throughput to ${YARDSTICK}`,
    '≥ 0.90',
    ratio(LEDGER, operation, YARDSTICK),
    (value) => value >= 0.9,
    '',
  ]);
  if (names.includes(FASTAPI))
    goals.push(['live: to FastAPI', '≥ 3', ratio(LEDGER, 'live', FASTAPI), (value) => value >= 3, '']);
  if (names.includes(FLASK))
    goals.push(['live: to Flask', '≥ 5', ratio(LEDGER, 'live', FLASK), (value) => value >= 5, '']);
  goals.push(
    ['first 200, migrations applied', '≤ 500 ms', starts.get(LEDGER)!, (value) => value <= 500, ' ms'],
    ['peak resident memory under load', '≤ 120 MB', measured.memory, (value) => value <= 120, ' MB'],
    [
      'page 1,000 of a million to page 1',
      '≤ 1.2',
      measured.paging.deep / measured.paging.first,
      (value) => value <= 1.2,
      '',
    ],
  );
  if (measured.image !== undefined) {
    goals.push(['image, compressed', '≤ 120 MB', measured.image, (value) => value <= 120, ' MB']);
  }

  return [
    `\`npm run bench --workspace service\`, ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC: ${machine()}.`,
    `Server on one core; PostgreSQL (fsync off) and wrk with ${CONNECTIONS} connections on the other. Medians of ${scale.lives * scale.rounds} windows of ${scale.seconds} s that take turns, ${scale.rounds} in each of ${scale.lives} starts. Every server answers the same bodies (checked), with its log line, histogram and request id on; each has a pool of 10. In brackets the ratio to ${YARDSTICK}.`,
    quiet
      ? `Others used ${percent(throughput.foreignShare)} of the server's core meanwhile.`
      : `The machine was not quiet (load ${measured.loadBefore.toFixed(0)} before the start; others took ${percent(throughput.foreignShare)} of the server's core), so only ratios and processor time are given; start times and latencies are upper bounds.`,
    table(
      [
        'server',
        'GET /health/live, 1/s',
        'GET list of 20, 1/s',
        'PUT release, 1/s',
        'CPU µs a request',
        'first 200, ms',
        'peak RSS, MB',
      ],
      lines,
    ),
    table(
      ['goal', 'wanted', 'measured', ''],
      goals.map(([what, wanted, value, isMet, unit]) => [
        what,
        wanted,
        unit ? `${value.toFixed(0)}${unit}` : value.toFixed(2),
        isMet(value) ? 'met' : '**missed**',
      ]),
    ),
    `Processor time of the ledger in the same unit, ${YARDSTICK} to it: ${OPERATIONS.map((operation) => `${operation} ${ratio(YARDSTICK, operation, LEDGER, 'cpuMicroseconds').toFixed(2)}`).join(', ')}. Where others use the machine, this is the ratio to look at: they disturb it least.`,
    `Listing 20 of a million releases: page 1 in ${measured.paging.first.toFixed(2)} ms, page 1,000 in ${measured.paging.deep.toFixed(2)} ms (medians, one connection). First 200: median of ${scale.starts} starts, on the listing, which needs the database. The bundle: ${measured.bundleMegabytes.toFixed(1)} MB.`,
    ...measured.skipped.map((line) => `Not measured: ${line}.`),
  ].join('\n\n');
}

function percent(part: number): string {
  return `${(part * 100).toFixed(0)} %`;
}
