/** `npm test`: every test suite of the repository, one after the other, and one line that adds them up. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEngine } from '../gate/src/host/engine.ts';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Suite {
  name: string;
  run(): Promise<Counts>;
}

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'sluice-test-'));
/** Why suites or tests did not run; repeated at the end, so that nobody overlooks them. */
const skips: string[] = [];

const suites: Suite[] = [
  { name: 'types', run: () => check(['npm', 'run', '--silent', 'typecheck']) },
  { name: 'lint', run: () => check(['npm', 'run', '--silent', 'lint']) },
  { name: 'gate', run: () => nodeTest('gate', ['gate/src/**/*.spec.ts', 'gate/test/**/*.spec.ts']) },
  { name: 'dagger', run: () => nodeTest('dagger', ['dagger/test/*.spec.ts']) },
  { name: 'deploy', run: () => nodeTest('deploy', ['deploy/test/*.spec.ts']) },
  { name: 'dagger on an engine', run: engineTests },
  { name: 'service', run: serviceTests },
  { name: 'service as built', run: builtService },
  { name: 'compose', run: () => nodeTest('compose', ['compose/test/*.spec.ts']) },
  { name: 'rehearsal', run: rehearsal },
  { name: 'observability', run: () => nodeTest('observability', ['observability/test/*.spec.ts']) },
  { name: 'workflows', run: () => nodeTest('workflows', ['.github/test/*.spec.ts']) },
  { name: 'kubernetes', run: () => nodeTest('kubernetes', ['k8s/test/*.spec.ts']) },
];

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const wanted = process.argv.slice(2);
for (const suite of suites) {
  if (wanted.length > 0 && !wanted.includes(suite.name)) continue;
  console.log(`\n── ${suite.name}`);
  const began = Date.now();
  const counts = await suite.run();
  // A suite that ran nothing has shown nothing.
  if (counts.passed + counts.failed + counts.skipped === 0) {
    console.log(`${suite.name}: ran no test`);
    counts.failed = 1;
  }
  console.log(`── ${suite.name}: ${inWords(counts)} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}
rmSync(scratch, { recursive: true, force: true });

console.log('');
for (const skip of skips) console.log(`skipped: ${skip}`);
// Alone on the last line, for whoever reads it by program.
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

function inWords({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** One command, one test. */
async function check(command: string[]): Promise<Counts> {
  const code = await run(command);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

/** Node's own runner; its TAP summary is what is counted, its exit code has the last word. */
async function nodeTest(
  name: string,
  patterns: string[],
  environment: NodeJS.ProcessEnv = {},
  within: string[] = [],
): Promise<Counts> {
  const tap = join(scratch, `${name.replaceAll(' ', '-')}.tap`);
  const reporters = ['spec', 'stdout', 'tap', tap];
  const code = await run(
    [
      ...within,
      process.execPath,
      '--test',
      ...reporters.map((value, i) => `--test-reporter${i % 2 === 0 ? '' : '-destination'}=${value}`),
      ...patterns,
    ],
    environment,
  );
  const text = existsSync(tap) ? readFileSync(tap, 'utf8') : '';
  const count = (word: string) => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  // Counted by their lines: the summary leaves out a group that is skipped as a whole.
  const left = [...text.matchAll(/^ *ok \d+ - (.*) # SKIP ?(.*)$/gm)];
  const counts = { passed: count('pass'), failed: count('fail') + count('cancelled'), skipped: left.length };
  for (const [, test, reason] of left) skips.push(`${name}: ${test}${reason ? ` (${reason})` : ''}`);
  return honest(counts, code);
}

async function engineTests(): Promise<Counts> {
  const engine = findEngine();
  if ('reason' in engine) {
    skips.push(`dagger on an engine: ${engine.reason}`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  return nodeTest('dagger on an engine', ['dagger/test/engine/*.spec.ts'], {
    _EXPERIMENTAL_DAGGER_RUNNER_HOST: engine.host,
  });
}

/** Needs a Docker daemon; the part that goes through Dagger an engine as well. */
function rehearsal(): Promise<Counts> {
  const engine = findEngine();
  const environment = 'reason' in engine ? {} : { _EXPERIMENTAL_DAGGER_RUNNER_HOST: engine.host };
  // One host at a time: each is a machine of its own, and some share a port of this one.
  return nodeTest('rehearsal', ['--test-concurrency=1', 'deploy/test/rehearsal/*.spec.ts'], environment);
}

async function serviceTests(): Promise<Counts> {
  const report = join(scratch, 'jest.json');
  const code = await run([
    'npm',
    'run',
    '--silent',
    'test',
    '--workspace',
    'service',
    '--',
    '--json',
    `--outputFile=${report}`,
  ]);
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const json = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
  const counts = {
    passed: json['numPassedTests'] ?? 0,
    failed: (json['numFailedTests'] ?? 0) + (json['numRuntimeErrorTestSuites'] ?? 0),
    skipped: (json['numPendingTests'] ?? 0) + (json['numTodoTests'] ?? 0),
  };
  return honest(counts, code);
}

/** Tests of the service as built, with a PostgreSQL of their own: what `npm run test:before` and `npm run test:bundle` run there. */
async function builtService(): Promise<Counts> {
  const built = await run(['npm', 'run', '--silent', 'build', '--workspace', 'service']);
  if (built !== 0) return { passed: 0, failed: 1, skipped: 0 };
  const postgres = [join(root, 'node_modules/.bin/sluice'), 'postgres', '--'];
  return nodeTest('service as built', ['service/release-before/*.spec.ts', 'service/bundled/*.spec.ts'], {}, postgres);
}

/** A runner that ended badly without a failing test failed all the same. */
function honest(counts: Counts, code: number): Counts {
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

function run([program, ...args]: string[], environment: NodeJS.ProcessEnv = {}): Promise<number> {
  const child = spawn(program!, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...environment },
  });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done(code ?? 1));
  });
}
