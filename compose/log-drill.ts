/**
 * `npm run log-drill`: takes the log pipeline's parts away while a container writes numbered lines, and counts what is in Loki afterwards.
 * Exit code 1 if a line is missing that should not be. What is known to be lost is measured too, and said.
 *
 * `--outage SECONDS` (default 600) is how long Loki is away; `--promised` leaves out what is only measured;
 * `--only TEXT` runs the scenarios whose name holds it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { EphemeralStack, whyNot } from './ephemeral.ts';

const { values: options } = parseArgs({
  options: {
    outage: { type: 'string', default: '600' },
    promised: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});
const outage = Number(options.outage);
if (!(outage >= 5)) fail(`--outage is ${options.outage}: give seconds, 5 or more`);

/** As many lines of as many bytes a second as the stack writes under 50 requests a second, at Nginx and in the API together. */
const LINES = 100;
const BYTES = 400;
/** What writer.mjs writes when it is stopped. */
const FAREWELL = 50;
const MB = 1_000_000;

interface Scenario {
  readonly name: string;
  /** Whether no line may be lost. */
  readonly promised: boolean;
  /** Whether lines that were lost before have to be there afterwards. */
  readonly recovers?: boolean;
  readonly run: () => Promise<void>;
}

const services = ['loki', 'alloy', 'writer'];
const stack = new EphemeralStack({
  name: 'sluice-log-drill',
  overlays: ['compose.log-drill.yaml'],
  offset: 4,
  services,
});

const scenarios: readonly Scenario[] = [
  { name: 'nothing is broken', promised: true, run: () => sleep(5_000) },
  { name: `Loki is stopped for ${outage} s`, promised: true, run: () => away('stop', 'loki', outage) },
  { name: 'Loki is killed', promised: true, run: () => away('kill', 'loki', 5) },
  { name: 'Alloy is stopped for 20 s', promised: true, run: () => away('stop', 'alloy', 20) },
  { name: 'Alloy is killed', promised: true, run: () => away('kill', 'alloy', 5) },
  {
    name: 'Loki and Alloy are restarted together, as by a reboot',
    promised: false,
    run: () => Promise.resolve(void stack.compose('restart', 'loki', 'alloy')),
  },
  {
    // Alloy takes note of how far it read, not of how far Loki took it: what it holds in memory is lost.
    name: 'Alloy is restarted while Loki is away',
    promised: false,
    run: async () => {
      stack.compose('stop', 'loki');
      await sleep(10_000);
      stack.compose('restart', 'alloy');
      await sleep(10_000);
      stack.compose('start', 'loki');
    },
  },
  {
    // The way back that the runbook names: all that Docker still has is read once more, and Loki keeps each line once.
    name: 'Alloy forgets how far it had read, which brings all of these back',
    promised: true,
    recovers: true,
    run: async () => {
      stack.compose('rm', '--stop', '--force', 'alloy');
      stack.forget('alloy-data');
      stack.compose('up', '--detach', '--wait', 'alloy');
      await sleep(5_000);
    },
  },
  { name: 'the container is restarted', promised: true, run: () => restartWriter() },
  {
    name: 'the container is restarted while Loki is away',
    promised: true,
    run: async () => {
      stack.compose('stop', 'loki');
      await restartWriter();
      stack.compose('start', 'loki');
    },
  },
  { name: 'Loki is away while 40 MB are written', promised: true, run: () => flood('loki', 40 * MB) },
  { name: 'Alloy is away while 40 MB are written', promised: true, run: () => flood('alloy', 40 * MB) },
  { name: 'Alloy is away while 150 MB are written', promised: false, run: () => flood('alloy', 150 * MB) },
];

const reason = whyNot(services, ['compose.log-drill.yaml']);
if (reason) fail(reason);

const began = Date.now();
/** Lines that were written before the scenario. */
let before = 0;
let failed = false;
let tried = 0;
try {
  stack.up();
  for (const scenario of scenarios) {
    if ((options.promised && !scenario.promised) || !scenario.name.includes(options.only)) continue;
    await pace(LINES);
    await sleep(2_000);
    await scenario.run();
    await sleep(3_000);
    const written = await pace(0);
    if (scenario.recovers) before = 0;
    const { gaps, unlabelled } = await readBack(written);
    const lost = gaps.reduce((sum, [first, last]) => sum + last - Math.max(first, before + 1) + 1, 0);
    const broken = scenario.promised && (lost > 0 || unlabelled > 0);
    failed ||= broken;
    tried++;
    say(
      `${broken ? 'BROKEN  ' : scenario.promised ? 'kept    ' : 'measured'}  ${scenario.name}: ` +
        `${written - before} lines written, ${lost} lost${lost > 0 ? ` in ${gaps.length} gaps` : ''}` +
        `${unlabelled > 0 ? `, ${unlabelled} without level or request id` : ''}`,
    );
    before = written;
  }
} catch (error) {
  say(`broken off: ${(error as Error).message}`);
  failed = true;
} finally {
  stack.down();
}
if (tried === 0 && !failed) fail(`no scenario's name holds "${options.only}"`);
console.log(failed ? 'log drill: failed' : 'log drill: passed');
process.exitCode = failed ? 1 : 0;

async function away(how: 'stop' | 'kill', service: string, seconds: number): Promise<void> {
  stack.compose(how, service);
  await sleep(seconds * 1000);
  stack.compose('start', service);
}

/** With its last words, and with its numbers going on where they were. */
async function restartWriter(): Promise<void> {
  const written = await pace(0);
  stack.compose('restart', 'writer');
  await pace(LINES, written + FAREWELL);
  await sleep(2_000);
}

/** Some 5 MB a second, as long as it takes. */
async function flood(service: string, bytes: number): Promise<void> {
  const start = await pace(LINES);
  stack.compose('stop', service);
  await pace(2_500, undefined, 2_000);
  while (((await written()) - start) * 2_000 < bytes) await sleep(500);
  await pace(LINES);
  stack.compose('start', service);
}

/** Sets how many lines a second are written; returns how many there are. */
async function pace(lines: number, from?: number, bytes = BYTES): Promise<number> {
  return ask(`?lines=${lines}&bytes=${bytes}${from === undefined ? '' : `&from=${from}`}`);
}

function written(): Promise<number> {
  return ask('');
}

async function ask(query: string): Promise<number> {
  const text = `fetch('http://127.0.0.1:8000/pace${query}').then((answer) => answer.text()).then(console.log)`;
  // A container that was just started may not listen yet.
  for (let tries = 1; ; tries++) {
    try {
      const { written } = JSON.parse(inWriter('node', '-e', text)) as { written: number };
      return written;
    } catch (error) {
      if (tries === 20) throw error;
      await sleep(500);
    }
  }
}

interface Count {
  distinct: number;
  highest: number;
  gaps: [number, number][];
  unlabelled: number;
}

/** Waits until the last line is there and nothing more has come for ten seconds; three minutes at most. */
async function readBack(last: number): Promise<Count> {
  const end = Date.now() + 180_000;
  let count: Count | undefined;
  for (;;) {
    await sleep(10_000);
    let next: Count | undefined;
    try {
      const range = [began / 1000 - 60, Date.now() / 1000 + 60].map((time) => String(Math.round(time)));
      next = JSON.parse(inWriter('node', '/drill/read-back.mjs', ...range)) as Count;
    } catch (error) {
      // Loki may still be reading its own log.
      if (Date.now() > end) throw error;
    }
    const settled = next !== undefined && next.distinct === count?.distinct;
    if (next) count = next;
    if (count && settled && (count.highest >= last || Date.now() > end)) break;
    if (count && Date.now() > end) break;
  }
  // Lines at the end that never came are a gap too.
  if (count.highest < last) count.gaps.push([count.highest + 1, last]);
  return { ...count, gaps: count.gaps.filter(([, to]) => to > before) };
}

function inWriter(...command: string[]): string {
  return stack.compose('exec', '--no-TTY', 'writer', ...command);
}

function say(what: string): void {
  console.log(`${((Date.now() - began) / 1000).toFixed(0).padStart(5)} s  ${what}`);
}

function fail(message: string): never {
  console.error(`log-drill: ${message}`);
  process.exit(2);
}
