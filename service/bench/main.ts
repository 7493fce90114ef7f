/**
 * Measures the built ledger beside its peers, every server on one core of its own, and writes the table to docs/performance.md.
 * Usage: npm run bench --workspace service [-- --quick]     (--quick: a minute of small windows, printed and not written)
 *
 * Needs two cores, taskset and `wrk` (Debian: apt-get install wrk); the Python peers need python3 with venv and pip.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LEDGER, contenders } from './contenders.ts';
import { Databases } from './databases.ts';
import { writeSection } from './document.ts';
import { imageSize } from './image.ts';
import { measurePaging } from './paging.ts';
import { report } from './report.ts';
import { assertAlike } from './requests.ts';
import { measureStarts } from './starts.ts';
import { measureThroughput } from './throughput.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const scale = values.quick
  ? { lives: 1, rounds: 2, seconds: 1, warmUp: 1, starts: 2, pages: 50 }
  : // Many and short: on a shared machine one second differs from the next by a third.
    { lives: 3, rounds: 9, seconds: 1, warmUp: 2, starts: 9, pages: 200 };

const databaseUrl = process.env['DATABASE_URL'];
if (!databaseUrl) throw new Error('DATABASE_URL is not set: start this with `npm run bench --workspace service`');
for (const tool of ['taskset', 'wrk']) {
  try {
    execFileSync('which', [tool]);
  } catch {
    throw new Error(`${tool} is not on the PATH (Debian packages: util-linux, wrk)`);
  }
}

const say = (text: string) => console.error(`bench: ${text}`);
const bundle = mkdtempSync(join(tmpdir(), 'release-ledger-'));
try {
  execFileSync(process.execPath, [join(import.meta.dirname, '..', 'bundle.js'), bundle], { stdio: 'inherit' });
  const [loadBefore = 0] = loadavg();
  const databases = new Databases(databaseUrl);
  say('making the databases');
  await databases.makeTemplate(bundle);
  const skipped: string[] = [];
  const taking = await contenders(bundle, (name, reason) => skipped.push(`${name}: ${reason}`));
  for (const line of skipped) say(`skipped ${line}`);

  say('measuring starts');
  const starts = await measureStarts(taking, databases, scale.starts);
  say('measuring throughput');
  const throughput = await measureThroughput(taking, databases, scale, say, assertAlike);
  say('paging through a million releases');
  const paging = await measurePaging(bundle, databases, scale.pages);

  const text = report({
    scale,
    skipped,
    loadBefore,
    names: taking.map(({ name }) => name),
    starts,
    throughput,
    paging,
    memory: throughput.memory.get(LEDGER) ?? NaN,
    bundleMegabytes: sizeOf(bundle),
    image: imageSize(),
  });
  console.log(text);
  if (!values.quick) writeSection(text);
} finally {
  rmSync(bundle, { recursive: true, force: true });
}

function sizeOf(folder: string): number {
  const main = readdirSync(folder).filter((name) => name === 'main.cjs');
  return main.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0) / 1e6;
}
