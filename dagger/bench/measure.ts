/**
 * Measures what a call costs, cold, after an edit and without a change, on a copy of this repository: `node dagger/bench/measure.ts`.
 * Prints the table of docs/performance.md. The figures of one run belong together; compare ratios, not seconds of two machines.
 *
 *   --runs N   how often each is measured; the table shows medians (default: 3)
 *   --fixture  judges the small project of dagger/test instead of this repository, and leaves the host runner out
 *   --cold     empties the engine's cache first and measures a cold call; do that only to an engine that is yours
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { noEngine, root } from '../test/engine.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    fixture: { type: 'boolean', default: false },
    cold: { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
const reason = noEngine();
if (reason) {
  console.error(`measure: needs a Dagger engine: ${reason}`);
  process.exit(2);
}

/** What is judged, and the file of it that is edited. */
const judged = values.fixture
  ? { folder: 'gate/self-test/project', file: 'src/sum.js' }
  : { folder: '.', file: 'service/src/main.ts' };
const copy = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
layOut(copy);

const images = process.env['SLUICE_TEST_IMAGES'];
const seconds: Record<string, number[]> = {};

if (values.cold) {
  must('dagger', ['core', 'engine', 'local-cache', 'prune']);
  time('`dagger call ci`, cold: empty engine cache', dagger('ci', '--source', judged.folder));
}
// Warms up whatever the first calls need, outside the figures.
dagger('ci', '--source', judged.folder)();
dagger('trivial', '--answer', 'warm')();
for (let run = 0; run < runs; run += 1) {
  const answer = `${String(Date.now())}-${String(run)}`;
  time('trivial function, cached', dagger('trivial', '--answer', 'warm'));
  time('`dagger call ci`, no change', dagger('ci', '--source', judged.folder));
  time('trivial function, uncached', dagger('trivial', '--answer', answer));
  edit('README.md', `\nEdit ${answer}.\n`);
  time('`dagger call ci`, README changed', dagger('ci', '--source', judged.folder));
  edit(judged.file, `\n// Edit ${answer}.\n`);
  time('`dagger call ci`, one source file changed', dagger('ci', '--source', judged.folder));
}
for (let run = 0; run <= runs && !values.fixture; run += 1) {
  // The first round warms the tools' own caches up.
  const record = run === 0 ? (_: string, work: () => void) => work() : time;
  record('`npm run ci -- --runner host`', () => must('npm', ['run', 'ci', '--', '--runner', 'host']));
  record('the same npm scripts by hand, one after the other', () => {
    must('npm', ['run', 'lint']);
    must('npm', ['run', 'typecheck']);
    must('npm', ['test', '--workspace', 'service']);
    must('npm', ['run', 'build', '--workspace', 'service']);
  });
}
printTable();

/** A copy with a trivial function in the same module, as a git repository of its own, installed. */
function layOut(folder: string): void {
  const files = must('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], root).stdout.split('\0');
  for (const file of files.filter((each) => each && existsSync(join(root, each)))) {
    cpSync(join(root, file), join(folder, file), { recursive: true });
  }
  const index = join(folder, 'dagger/src/index.ts');
  const trivial = '  @func()\n  trivial(answer: string): string {\n    return answer;\n  }\n\n';
  const text = readFileSync(index, 'utf8');
  writeFileSync(index, text.replace('  private verdict(', `${trivial}  private verdict(`));
  must('git', ['init', '--quiet', '--initial-branch', 'main'], folder);
  must('git', ['add', '--all'], folder);
  must('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@example.org', 'commit', '--quiet', '-m', 'x'], folder);
  if (!values.fixture) must('npm', ['ci', '--no-audit', '--no-fund'], folder);
}

function edit(file: string, text: string): void {
  appendFileSync(join(copy, judged.folder, file), text);
}

function dagger(...args: string[]): () => void {
  return () => void must('dagger', ['call', '--progress', 'plain', ...(images ? ['--images', images] : []), ...args]);
}

/** Runs a command to a good end, or ends the measurement: the time of a failure is no figure. */
function must(program: string, args: string[], directory = copy): SpawnSyncReturns<string> {
  // The Node that runs this comes first, so that every command uses the same.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` };
  const result = spawnSync(program, args, { cwd: directory, env, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
  if (result.status !== 0) {
    console.error(`measure: ${program} ${args.join(' ')} ended with ${String(result.status)}\n${result.stderr}`);
    process.exit(1);
  }
  return result;
}

function time(what: string, work: () => void): void {
  const start = performance.now();
  work();
  (seconds[what] ??= []).push((performance.now() - start) / 1000);
  console.error(`${what}: ${seconds[what].at(-1)!.toFixed(1)} s`);
}

function median(figures: number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)]!;
}

function printTable(): void {
  const against: Record<string, string> = {
    '`dagger call ci`, no change': 'trivial function, cached',
    '`dagger call ci`, README changed': 'trivial function, uncached',
    '`dagger call ci`, one source file changed': 'trivial function, uncached',
    '`npm run ci -- --runner host`': 'the same npm scripts by hand, one after the other',
  };
  console.log('| what | median | least – most | against |\n| --- | --- | --- | --- |');
  for (const [what, figures] of Object.entries(seconds)) {
    const other = against[what];
    const ratio = other ? `${(median(figures) / median(seconds[other]!)).toFixed(2)} × ${other}` : '';
    const span = `${Math.min(...figures).toFixed(1)} – ${Math.max(...figures).toFixed(1)} s`;
    console.log(`| ${what} | ${median(figures).toFixed(1)} s | ${span} | ${ratio} |`);
  }
}
