/**
 * Breaks what the service stands on, and counts what its clients saw. Each scenario says what it did and counted, and the exit
 * code is 1 if a promise was broken, 2 if it was called wrongly.
 * Usage: npm run faults --workspace service [-- [--main FILE] [NAME...]]; --main takes another build of the service, to see a scenario fail.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Broken, Lab, Skipped } from './lab.ts';
import { fullDisk } from './scenarios/full-disk.ts';
import { hang } from './scenarios/hang.ts';
import { killDatabase } from './scenarios/kill-database.ts';
import { killService } from './scenarios/kill-service.ts';
import { rolling } from './scenarios/rolling.ts';
import { startTogether } from './scenarios/start-together.ts';

/** Each takes a lab and gives what it counted. */
const SCENARIOS: Readonly<Record<string, (lab: Lab) => Promise<string>>> = {
  'kill-database': killDatabase,
  'kill-service': killService,
  hang,
  'full-disk': fullDisk,
  rolling,
  'start-together': startTogether,
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { main: { type: 'string' } } });
const unknown = positionals.filter((name) => !(name in SCENARIOS));
if (unknown.length > 0 || !existsSync('/proc/self')) {
  const why =
    unknown.length > 0 ? `there is no ${unknown.join(', ')}` : 'processes are stopped through /proc: this needs Linux';
  console.error(`faults: ${why}. Scenarios: ${Object.keys(SCENARIOS).join(', ')}`);
  process.exit(2);
}

const workshop = new Lab(values.main);
let lab: Lab | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    void Promise.all([lab?.close(), workshop.close()]).then(() => process.exit(1));
  });
}

// One file that nobody else rebuilds while the service is started a hundred times; it is also what the image runs.
if (values.main === undefined) {
  const bundle = join(import.meta.dirname, '..', 'bundle.js');
  const bundling = spawn(process.execPath, [bundle, workshop.folder], { stdio: 'inherit' });
  workshop.owns(bundling);
  const [status] = (await once(bundling, 'exit')) as [number | null];
  if (status !== 0) {
    await workshop.close();
    process.exit(1);
  }
}

const counts = { passed: 0, failed: 0, skipped: 0 };
for (const name of positionals.length > 0 ? positionals : Object.keys(SCENARIOS)) {
  const began = performance.now();
  const [outcome, words] = await run(SCENARIOS[name] as (typeof SCENARIOS)[string]);
  counts[outcome] += 1;
  console.log(`${name}: ${outcome} in ${Math.round((performance.now() - began) / 1_000)} s: ${words}`);
}
await workshop.close();
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;

async function run(scenario: (lab: Lab) => Promise<string>): Promise<[keyof typeof counts, string]> {
  lab = new Lab(workshop.main);
  try {
    return ['passed', await scenario(lab)];
  } catch (error) {
    if (error instanceof Skipped) return ['skipped', error.message];
    if (error instanceof Broken) return ['failed', error.message];
    return ['failed', error instanceof Error ? (error.stack ?? error.message) : String(error)];
  } finally {
    await lab.close();
  }
}
