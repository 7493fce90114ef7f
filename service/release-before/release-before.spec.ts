/**
 * Expand and contract, held by a test: the e2e suite of the release before passes on a database that this release's migrations made,
 * because while a release rolls out the instances of the one before go on working on it.
 *
 * The suite runs as it stands in the history, with the code of then and the packages of now. Its tests of the migrations themselves
 * are left out: they ask whether the code of then makes the schema of then.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { createDatabase } from '../test/create-database.ts';
import { findBaseline } from './baseline.ts';

const repository = join(import.meta.dirname, '..', '..');
const require = createRequire(import.meta.url);
const baseline = findBaseline(repository);

test(
  'the e2e suite of the release before passes on the schema of this one',
  {
    skip: 'missing' in baseline && baseline.missing,
    timeout: 300_000,
  },
  async (context) => {
    assert.ok('commit' in baseline);
    context.diagnostic(`${baseline.commit.slice(0, 7)}, ${baseline.why}`);
    const databaseUrl = process.env['DATABASE_URL'];
    assert.ok(databaseUrl, 'DATABASE_URL is not set: start this with `npm run test:before --workspace service`');

    const folder = mkdtempSync(join(tmpdir(), 'release-before-'));
    try {
      const service = checkOut(baseline.commit, folder);
      const run = `release_before_${process.pid}`;
      // What the suite of then clones for each of its files, and would make by the migrations of then if it were not there.
      const template = await createDatabase(databaseUrl, `${run}_template`);
      execFileSync(process.execPath, [join(repository, 'service/dist/migrate.js')], {
        env: { ...process.env, DATABASE_URL: template },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const report = runSuite(service, run);
      context.diagnostic(`${report.numPassedTests} tests passed, ${report.numFailedTests} failed`);
      assert.ok(report.success, 'instances of the release before would fail while this one rolls out: see above');
      assert.notEqual(report.numPassedTests, 0, 'the suite of then ran no test');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

/** The service as it was, built, with today's packages. */
function checkOut(commit: string, folder: string): string {
  const archive = execFileSync('git', ['-C', repository, 'archive', commit, 'service', 'tsconfig.json'], {
    maxBuffer: 2 ** 28,
  });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
  const service = join(folder, 'service');
  execFileSync(process.execPath, [require.resolve('typescript/lib/tsc.js'), '--project', 'tsconfig.build.json'], {
    cwd: service,
    stdio: 'inherit',
  });
  return service;
}

/** Runs the suite on databases whose names begin with `run`, instead of what its own set-up would name them. */
function runSuite(service: string, run: string): { success: boolean; numPassedTests: number; numFailedTests: number } {
  const report = join(service, 'report.json');
  writeFileSync(
    join(service, 'jest.before.config.js'),
    `import config from './jest.config.js';
     const { globalSetup, ...rest } = config;
     export default { ...rest, testMatch: ['<rootDir>/test/**/*.e2e-spec.ts'], testPathIgnorePatterns: ['/migrations\\\\.'] };`,
  );
  spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      join(dirname(require.resolve('jest/package.json')), 'bin/jest.js'),
      ...['--config', 'jest.before.config.js', '--json', `--outputFile=${report}`],
    ],
    { cwd: service, env: { ...process.env, LEDGER_TEST_RUN: run }, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return JSON.parse(readFileSync(report, 'utf8')) as ReturnType<typeof runSuite>;
}
