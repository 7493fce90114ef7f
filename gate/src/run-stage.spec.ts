/** One stage on a real project leaves the evidence of this run and of no other. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { sample } from '../test/sample.ts';
import type { StageName, StageRecord } from './model.ts';
import { defaultPolicy } from './policy.ts';
import { openProject } from './project.ts';
import { runStage } from './run-stage.ts';
import { stages } from './stages/index.ts';

/** Runs a stage on the sample with some files changed. */
async function run(test: TestContext, name: StageName, changes: Record<string, string | null> = {}) {
  const source = sample(test, changes);
  const reports = join(source, 'reports');
  const stage = stages.find((one) => one.name === name)!;
  const record = await runStage(stage, openProject(source), defaultPolicy().stages[name], { reports });
  return { record, source, reports };
}

const packageJson = (scripts: Record<string, string>) => JSON.stringify({ name: 'sample', scripts });

describe('runStage', () => {
  it('keeps the report, its hash and the record', async (test) => {
    const { record, reports } = await run(test, 'lint');
    assert.equal(record.exitCode, 0);
    assert.equal(record.tool, 'eslint');
    assert.match(record.version, /^10\./);
    assert.equal(record.image, 'host');
    const report = readFileSync(join(reports, 'lint/eslint.json'));
    const sha256 = createHash('sha256').update(report).digest('hex');
    assert.deepEqual(record.reports, [{ file: 'eslint.json', format: 'eslint', sha256 }]);
    assert.deepEqual(JSON.parse(readFileSync(join(reports, 'lint/stage.json'), 'utf8')) as StageRecord, record);
  });

  it('does not let a lint script repair what it should report', async (test) => {
    const { record, source } = await run(test, 'lint', {
      'package.json': packageJson({ lint: 'eslint src --fix' }),
      'eslint.config.mjs': "export default [{ rules: { 'no-var': 'error' } }];",
      'src/old.js': 'var old = 1;\n',
    });
    assert.equal(record.exitCode, 1);
    assert.equal(readFileSync(join(source, 'src/old.js'), 'utf8'), 'var old = 1;\n');
  });

  it('removes what an older run left in place', async (test) => {
    const source = sample(test, { 'package.json': packageJson({ test: 'true' }) });
    const folder = join(source, 'reports/test');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'jest.json'), '{"numPassedTests":3}');
    const stage = stages.find(({ name }) => name === 'test')!;
    process.env['DATABASE_URL'] = 'postgres://unused';
    test.after(() => delete process.env['DATABASE_URL']);
    const record = await runStage(stage, openProject(source), defaultPolicy().stages.test, {
      reports: join(source, 'reports'),
    });
    assert.deepEqual(record.reports, []);
    assert.equal(existsSync(join(folder, 'jest.json')), false);
  });

  it('says that ESLint had no file', async (test) => {
    const { record } = await run(test, 'lint', { 'package.json': packageJson({ lint: 'eslint nowhere' }) });
    assert.equal(record.broken, 'looked at no file: No files matching the pattern "nowhere" were found.');
  });

  it('records a script that is not there as absent, with the key that would name another', async (test) => {
    const { record } = await run(test, 'lint', { 'package.json': packageJson({}) });
    assert.equal(record.absent, 'no script "lint" in package.json; sluice.yaml names another by stages.lint.script');
  });

  it('keeps the last words of a tool that left no report', async (test) => {
    const { record } = await run(test, 'lint', { 'package.json': packageJson({ lint: 'no-such-tool' }) });
    assert.equal(record.exitCode, 127);
    assert.match(record.lastWords!, /no-such-tool: (command )?not found/);
  });

  it('type-checks by tsconfig.json where no script does', async (test) => {
    const { record } = await run(test, 'typecheck', { 'package.json': packageJson({}) });
    assert.equal(record.exitCode, 0);
    assert.equal(record.command[0], 'tsc');
  });

  it('finds the reports where it was told, also when the stage runs in a folder of its own', async (test) => {
    const source = sample(test, {
      'package.json': packageJson({}),
      'service/package.json': packageJson({ lint: 'eslint .' }),
      'service/eslint.config.mjs': "export default [{ rules: { 'no-eval': 'error' } }];",
    });
    const stage = stages.find(({ name }) => name === 'lint')!;
    const policy = { ...defaultPolicy().stages.lint, directory: 'service' };
    const reports = relative(process.cwd(), join(source, 'reports'));
    const record = await runStage(stage, openProject(source), policy, { reports });
    assert.equal(record.reports.length, 1, record.lastWords);
  });

  it('takes no file of an earlier build for one of this build', async (test) => {
    const source = sample(test, { 'package.json': packageJson({ build: 'true' }), 'dist/old.js': '1' });
    utimesSync(join(source, 'dist/old.js'), 1_700_000_000, 1_700_000_000);
    const stage = stages.find(({ name }) => name === 'build')!;
    await runStage(stage, openProject(source), defaultPolicy().stages.build, { reports: join(source, 'reports') });
    const report = JSON.parse(readFileSync(join(source, 'reports/build/build.json'), 'utf8')) as { files: number };
    assert.equal(report.files, 0);
  });
});
